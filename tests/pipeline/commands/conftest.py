"""What the tests of commands share: a way to run them, a cache, a model."""

import csv

import pytest
from click.testing import CliRunner

from handcraft.pipeline.cli import main


def run_command(*arguments, expect=0, **settings):
    """Run a command as a user gives it; return what it printed."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], **settings)
    assert result.exit_code == expect, result.output
    return result


@pytest.fixture(scope="session")
def run():
    return run_command


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
