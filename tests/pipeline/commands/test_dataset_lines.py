"""Before the work a run says how many images there are, and what may be wrong with them."""

import shutil

import pytest
from click.testing import CliRunner

from handcraft.pipeline.cli import main


@pytest.mark.parametrize("command", ["compare", "train"])
def test_a_test_image_that_is_a_training_image_is_said(photos, tmp_path, command):
    shutil.copytree(photos, tmp_path / "photos" / "train")
    shutil.copytree(photos, tmp_path / "photos" / "test")
    options = ["--features", "hue", "--classifiers", "softmax", "--jobs", "1"]
    model = ["--model", tmp_path / "m.safetensors"] if command == "train" else []
    where = ["--out", tmp_path / "out", "--cache", tmp_path / "cache", *model]
    arguments = [command, tmp_path / "photos", *options, *where]
    lines = CliRunner().invoke(main, list(map(str, arguments))).output.splitlines()
    counts = lines.index("4 classes, 60 training and 60 test images")
    assert lines[counts + 1] == "check: 60 of 60 test images are training images"
