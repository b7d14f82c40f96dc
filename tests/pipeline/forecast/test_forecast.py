"""Forecasts: they have the very steps that a run shows, and a budget takes what fits it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from handcraft.data.errors import RequestError
from handcraft.pipeline.diagnosis.diagnosis import STEPS
from handcraft.pipeline.experiment import automatic
from handcraft.pipeline.experiment.automatic import EFFORTS, Effort
from handcraft.pipeline.experiment.estimate import TEST, held_out
from handcraft.pipeline.experiment.selection import (
    AUTO,
    steps_of_selection,
)
from handcraft.pipeline.forecast import budget
from handcraft.pipeline.forecast.forecast import Forecast, Request, forecast_training
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext

TRAINED_ON_ALL = Counter(Extracting=1, Training=1)
"""The steps of the model of all images, whose features are there."""

FEW = {"patch-words": 8, "hog-words": 4, "hog-words-wide": 4, "vlad": 4}


@pytest.mark.parametrize(("tries", "diagnosis"), [(True, True), (False, False)])
def test_a_forecast_has_the_steps_of_the_run(many_photos, tmp_path, monkeypatch, tries, diagnosis):
    monkeypatch.setattr(automatic, "TRIAL_WORDS", FEW)
    monkeypatch.setattr(automatic, "MIN_TRIED", 100 if tries else 500)
    monkeypatch.setitem(EFFORTS, "normal", Effort(FEW, trial_images=400))
    context = RunContext(tmp_path / "cache", 1)
    dataset = load_dataset(many_photos, None, context)
    names = ["softmax", "svm"]
    request = Request([AUTO], names, {}, diagnosis, 0)
    steps = forecast_training(dataset, request, "normal", context).steps
    [(part, _)] = held_out(dataset, 0)
    expected = steps_of_selection([AUTO], names, "normal", part) + TEST + TRAINED_ON_ALL
    expected += Counter(Writing=1) + Counter(STEPS if diagnosis else {})
    assert Counter(kind for kind, _ in steps) == expected
    assert all(seconds >= 0 for _, seconds in steps)
    assert sum(seconds for _, seconds in steps) > 0


def test_features_that_are_there_make_a_forecast_an_upper_bound():
    steps = (("Training", 200.0),)
    assert (
        str(Forecast(steps))
        == "about 3\N{NO-BREAK SPACE}min\N{NO-BREAK SPACE}20\N{NO-BREAK SPACE}s"
    )
    assert "at most" in str(Forecast(steps, at_most=True))


@pytest.fixture
def seconds(monkeypatch):
    """Let each effort take as long as a test says."""
    taken = {"quick": 60.0, "normal": 240.0, "best": 600.0}

    def forecast(dataset, request, effort, context, cautious):
        return Forecast((("Training", taken[effort]),))

    monkeypatch.setattr(budget, "forecast_training", forecast)
    return taken


@pytest.mark.parametrize(
    ("minutes", "gone", "effort"),
    [(1.1, 0, "quick"), (3.9, 0, "quick"), (4.1, 0, "normal"), (4, 1, "quick"), (100, 0, "best")],
)
def test_a_budget_takes_the_most_thorough_effort_that_fits(seconds, minutes, gone, effort):
    started = datetime.now(UTC) - timedelta(seconds=gone)
    assert budget.most_thorough(minutes, started, None, None, None)[0] == effort


def test_the_time_that_forecasts_take_counts(seconds, monkeypatch):
    now = datetime.now(UTC)

    class Clock:
        @staticmethod
        def now(_):
            nonlocal now
            now += timedelta(seconds=50)  # each forecast
            return now

    started = now
    monkeypatch.setattr(budget, "datetime", Clock)
    assert budget.most_thorough(5, started, None, None, None)[0] == "quick"  # 2 x 50 s + 240 s


def test_a_budget_that_nothing_fits_says_what_it_takes(seconds):
    with pytest.raises(RequestError, match=r"--minutes 0\.5: even --effort quick.*--minutes 2"):
        budget.most_thorough(0.5, datetime.now(UTC), None, None, None)
