"""What the tests of commands share: a way to run them, a cache, a model."""

import csv

import pytest
from commands import run_command


@pytest.fixture(scope="session")
def run():
    return run_command


@pytest.fixture
def no_report(monkeypatch):
    """Write no report, which has tests of its own, and takes half the time of a short run."""
    monkeypatch.setattr(
        "handcraft.pipeline.report.run_folder.write_report", lambda out, *_: out / "report.html"
    )


@pytest.fixture(scope="session")
def read_csv():
    def read(path):
        with path.open(newline="", errors="surrogateescape") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def model(photos, cache, tmp_path_factory):
    """Train a model on `photos`."""
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    arguments = ["--features", "hog+hue", "--classifiers", "softmax", "--model", path]
    run_command("train", photos, *arguments, "--cache", cache, "--out", path.parent / "run")
    return path
