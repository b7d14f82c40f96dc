"""Progress where nobody sees a bar: lines in a log."""

import io
import time

import pytest
from rich.console import Console

from handcraft.pipeline.run import progress as progress_module
from handcraft.pipeline.run.progress import Progress, silent_progress


@pytest.fixture
def console():
    return Console(record=True, width=60, file=io.StringIO())


def test_a_stage_leaves_a_line_with_its_steps(console):
    with Progress(console).stage("Reading images", 1200) as bar:
        bar.advance(1200)
    assert console.export_text().startswith("Reading images: 1,200 in 0.")


def test_a_long_stage_tells_that_it_goes_on_though_nothing_is_done(console, monkeypatch):
    monkeypatch.setattr(progress_module, "LINE_SECONDS", 0.01)
    with Progress(console).stage("Fitting words", 1000) as bar:
        bar.advance(3)
        while "Fitting words: 3 of 1,000 after 0 s" not in console.export_text(clear=False):
            time.sleep(0.01)
        bar.reach(7, 9)
        while "Fitting words: 7 of 9 after" not in console.export_text(clear=False):
            time.sleep(0.01)


def test_names_and_messages_are_one_safe_line(console):
    Progress(console).say("skipped: a\nb\x1b[31m " + "x" * 100)
    assert console.export_text().count("\n") == 1
    assert "\x1b" not in console.export_text()


def test_a_silent_reporter_says_nothing(capsys):
    progress = silent_progress()
    with progress.stage("Reading", 1) as bar:
        bar.advance(1)
    progress.say("text")
    assert capsys.readouterr() == ("", "")
