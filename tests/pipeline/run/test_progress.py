"""Progress: steps, counts and the time left, as a line on a terminal and as lines of a log."""

import io
import re
import time

import pytest
from rich.console import Console

from handcraft.pipeline.run import progress as progress_module
from handcraft.pipeline.run.progress import Bar, Plan, Progress
from handcraft.pipeline.run.text import NBSP

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "


@pytest.fixture
def console():
    return Console(record=True, width=60, file=io.StringIO())


def log(console):
    """Return what was printed, without the time before each line."""
    lines = console.export_text(clear=False).replace(NBSP, " ").splitlines()
    assert all(re.match(STAMP, line) for line in lines)
    return [re.sub(STAMP, "", line, count=1) for line in lines]


def test_a_step_leaves_a_line_with_its_count_and_unit(console):
    progress = Progress(console)
    progress.expect({"Reading": 1, "Training": 2})
    with progress.stage("Reading images", 1200, "images") as bar:
        bar.advance(1200)
    with progress.stage("Training svm", 1, "epochs"):
        pass
    reading, training = log(console)
    assert re.match(
        r"step 1 of 3: Reading images: 1,200 images in 0.\d s, about \d s left", reading
    )
    assert re.match(r"step 2 of 3: Training svm: 0.\d s, about \d s left", training)


def test_a_step_that_nobody_expected_has_no_number_and_changes_no_other(console):
    progress = Progress(console)
    for steps in ({}, {"Training": 1}):
        progress.expect(steps)
        with progress.stage("Reading images", 1):
            pass
    with progress.stage("Training svm", 1):
        pass
    before, between, training = log(console)
    assert re.fullmatch(r"Reading images: 0.\d s", before)
    assert re.fullmatch(r"Reading images: 0.\d s, about \d s left", between)
    assert re.fullmatch(r"step 1 of 1: Training svm: 0.\d s", training)


def test_a_long_step_tells_that_it_goes_on_though_nothing_is_done(console, monkeypatch):
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.01)
    with Progress(console) as progress, progress.stage("Fitting words", 1000, "images") as bar:
        bar.advance(3)
        while "Fitting words: 3 of 1,000 images, after 0 s" not in log(console):
            time.sleep(0.01)
        bar.reach(7, 9)
        while "Fitting words: 7 of 9 images, after 0 s" not in log(console):
            time.sleep(0.01)


def test_between_steps_too_a_log_is_never_silent_for_long(console, monkeypatch):
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.01)
    with Progress(console) as progress:
        progress.expect({"Training": 1})
        while "at work for 0 s" not in log(console):
            time.sleep(0.01)
    lines = log(console)
    time.sleep(0.05)
    assert log(console) == lines  # nothing after the end


def test_a_server_that_waits_says_nothing(console, monkeypatch):
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.01)
    with Progress(console):
        time.sleep(0.05)
    assert log(console) == []


def test_the_time_left_follows_from_what_steps_of_each_kind_took(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: clock[0])
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


def test_a_step_that_an_earlier_run_has_done_counts_and_takes_no_time(console):
    progress = Progress(console)
    progress.expect({"Extracting": 2, "Training": 1})
    progress.skip("Extracting")
    progress.skip("Fitting")  # none was expected
    with progress.stage("Training svm", 1):
        progress.skip("Extracting")  # while another is under way
    assert log(console)[0].startswith("step 3 of 3: ")


def test_a_step_that_fails_leaves_no_line(console):
    progress = Progress(console)
    with pytest.raises(ZeroDivisionError), progress, progress.stage("Reading images", 3):
        raise ZeroDivisionError
    assert log(console) == []


def test_the_same_sentence_is_said_once(console):
    progress = Progress(console)
    for fold in range(3):
        progress.say("Features: hog, the first choice")
        progress.say(f"Fold {fold}")
    assert log(console) == ["Features: hog, the first choice", "Fold 0", "Fold 1", "Fold 2"]


def test_names_and_messages_are_one_safe_line(console):
    Progress(console).say("skipped: a\nb\x1b[31m " + "x" * 100)
    text = console.export_text()
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_a_silent_reporter_says_nothing(capsys):
    with Progress(quiet=True) as progress:
        with progress.stage("Reading", 1) as bar:
            bar.advance(1)
        progress.say("text")
    assert capsys.readouterr() == ("", "")


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
