"""Progress: steps, counts and the time left, as a line on a terminal and as lines of a log."""

import io
import re
import time

import pytest
from rich.console import Console

from handcraft.pipeline.run import progress as progress_module
from handcraft.pipeline.run.progress import Progress
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
