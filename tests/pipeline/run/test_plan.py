"""The time left, from what steps took and from what was forecast."""

import pytest

from handcraft.pipeline.run import plan as plan_module
from handcraft.pipeline.run.plan import Bar, Plan


def test_the_time_left_follows_from_what_steps_of_each_kind_took(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(plan_module.time, "monotonic", lambda: clock[0])
    plan = Plan()
    plan.expect({"Extracting": 2, "Training": 3})
    assert plan.begin("Extracting")
    bar = Bar("Extracting hog", 10, "images")
    assert plan.seconds_left(bar) is None  # nothing is measured
    clock[0] = 2.0
    bar.advance(5)
    assert plan.seconds_left(bar) == pytest.approx(2 + 4 + 3 * 4)  # any step takes 4 s so far
    plan.end("Extracting", True, 4.0)
    assert plan.seconds_left() == pytest.approx(4 + 3 * 4)  # with none under way
    assert plan.begin("Training")
    bar = Bar("Training svm", 10, "epochs")
    clock[0] = 3.0
    bar.advance(2)  # a fifth in 1 s
    assert plan.seconds_left(bar) == pytest.approx(4 + 4 + 2 * 5)


def test_a_forecast_tells_the_time_left_at_the_pace_of_what_is_done():
    plan = Plan()
    plan.expect({"Fitting": 1, "Training": 2})
    plan.forecast([("Fitting", 10.0), ("Training", 30.0), ("Training", 60.0)])
    assert plan.seconds_left() == pytest.approx(100)
    plan.end("Fitting", plan.begin("Fitting"), 20.0)
    # A tenth of the whole counts as if it had gone as forecast: (20 + 10) / (10 + 10).
    assert plan.seconds_left() == pytest.approx(1.5 * 90)


def test_what_was_there_already_changes_no_pace():
    plan = Plan()
    plan.expect({"Fitting": 1, "Training": 1})
    plan.forecast([("Fitting", 10.0), ("Training", 30.0)])
    plan.end("Fitting", plan.begin("Fitting"), 0.0)
    assert plan.seconds_left() == pytest.approx(30)
