"""What runs say in a real terminal, in a log, to a program, and if they are to be quiet."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from terminals import frames, run_in_terminal, screen

COMPARE = ("--features", "hue,hog+hue", "--classifiers", "softmax", "--jobs", "2")
N_STEPS = 11
"""Reading; fitting, extracting twice, training, each for two models; two of diagnosis; writing."""

OF_WORKERS = re.compile(r"resource_tracker|semlock|loky|joblib|Traceback|Warning", re.IGNORECASE)


@pytest.fixture(scope="module")
def in_terminal(photos, tmp_path_factory):
    """Compare in a terminal of 120 columns; return all that was written."""
    folder = tmp_path_factory.mktemp("terminal")
    code, written = run_in_terminal(
        "compare", photos, *COMPARE, "--cache", folder, "--out", folder / "run", columns=120
    )
    assert code == 0, written
    return written


def test_one_line_says_which_step_of_how_many(in_terminal):
    seen = [re.search(r"step (\d+) of (\d+)", frame) for frame in frames(in_terminal)]
    assert {int(found[2]) for found in seen} == {N_STEPS}
    numbers = [int(found[1]) for found in seen]
    assert numbers == sorted(numbers)
    assert {1, N_STEPS} <= set(numbers)
    assert any(re.search(r"about \d+\ss left", frame) for frame in frames(in_terminal))


def test_the_progress_line_goes_and_the_summary_fits_a_screen(in_terminal):
    lines = screen(in_terminal)
    assert not any("step " in line for line in lines)
    [end] = [i for i, line in enumerate(lines) if re.match(rf"{N_STEPS} steps in ", line)]
    [start] = [i for i, line in enumerate(lines) if line.startswith("features")]
    assert end - start < 30
    assert max(map(len, lines)) <= 120
    for features in ("hue ", "hog+hue "):
        assert sum(line.startswith(features) for line in lines) == 1


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "handcraft", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_log_has_the_time_before_each_line_and_json_is_all_of_the_output(photos, tmp_path):
    done = run(
        "compare", photos, *COMPARE, "--cache", tmp_path, "--out", tmp_path / "run", "--json"
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S", line) for line in lines)
    assert f"step {N_STEPS} of {N_STEPS}: Writing the report" in done.stderr
    summary = json.loads(done.stdout)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert [row["accuracy"] for row in summary["rows"]] == [r["accuracy"] for r in results["rows"]]
    assert summary["selected"] == results["selected"]
    again = run("check", photos, "--out", tmp_path / "check", "--json", "--quiet")
    assert again.stderr == ""
    assert set(json.loads(again.stdout)["summary"]) == {"error", "warning", "note"}


def test_a_quiet_run_says_nothing(photos, more_photos, tmp_path):
    model = tmp_path / "m.safetensors"
    options = ("--quiet", "--cache", tmp_path, "--out", tmp_path / "run")
    named = ("--features", "hue", "--classifiers", "softmax", "--model", model)
    named += ("--test", more_photos, "--no-diagnosis")
    for command in (("train", photos, *named), ("evaluate", model, photos)):
        done = run(*command, *options)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "Error: " in run("evaluate", model, tmp_path / "missing", *options).stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_workers_have_no_last_words(number, photos, tmp_path):
    command = [sys.executable, "-m", "handcraft", "compare", photos, *COMPARE]
    started = subprocess.Popen(
        [*command, "--cache", tmp_path, "--out", tmp_path / "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not list(tmp_path.glob("fitted/*")):  # workers are there
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(number)
    output = started.communicate()[0]  # until the last process that could write has ended
    assert started.returncode == 1
    assert "Stopped." in output
    assert not OF_WORKERS.search(output)
