"""--minutes: what it refuses, and that it notes the effort that gives the same results again."""

import pytest

from handcraft.data.errors import RequestError
from handcraft.pipeline.commands import train as command
from handcraft.pipeline.forecast import budget
from handcraft.pipeline.forecast.forecast import Forecast
from handcraft.pipeline.run.command_line import command_line


@pytest.fixture(autouse=True)
def known_speed(monkeypatch):
    """Forecast what a test knows."""

    def forecast(dataset, request, effort, context, cautious):
        return Forecast((("Training", {"quick": 30.0, "normal": 240.0}[effort]),))

    monkeypatch.setattr(budget, "forecast_training", forecast)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--minutes", "5", "--effort", "quick"], "--minutes chooses the --effort"),
        (["--minutes", "5", "--features", "hog"], "--minutes is for --features auto"),
        (["--minutes", "0"], "Invalid value for '--minutes'"),
        (["--minutes", "nan"], "--minutes nan: not a number"),
        (["--minutes", "0.01"], "--minutes 0.01: even --effort quick takes about"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(run, photos, cache, options, told):
    assert told in run("train", photos, *options, "--cache", cache, expect=2).output


def test_a_budget_names_the_effort_in_settings_and_command(run, photos, cache, monkeypatch):
    noted = {}

    def stop(features, classifiers, effort, *_, **__):
        noted.update(effort=effort, command=command_line())
        raise RequestError("that is enough")

    monkeypatch.setattr(command, "train_selected", stop)
    told = run("train", photos, "--minutes", "3", "--cache", cache, expect=2).output
    assert "--minutes 3: --effort quick, about 30 s" in told.replace("\xa0", " ")
    assert noted["effort"] == "quick"
    assert noted["command"].endswith(f"{photos} --effort quick --cache {cache}")
