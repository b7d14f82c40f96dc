"""--stretch: 12-bit images in files of 16 bits, seen as they were meant, in training and after."""

import numpy as np
import pytest
from PIL import Image

from handcraft.pipeline.experiment.model import Model

pytestmark = pytest.mark.usefixtures("no_report")

FAST = ["--features", "hog", "--classifiers", "softmax", "--jobs", "1"]


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    """Write stripes one way or the other with values up to 4095 in 16-bit files."""
    folder = tmp_path_factory.mktemp("deep")
    y, x = np.mgrid[:24, :24]
    for name, across in [("down", x), ("level", y)]:
        (folder / name).mkdir()
        for i in range(12):
            noise = np.random.default_rng(i).normal(0, 100, (24, 24))
            values = np.clip(2048 + 1900 * np.sin(across + i) + noise, 0, 4095)
            Image.fromarray(values.astype(np.uint16)).save(folder / name / f"{i}.png")
    return folder


def test_predictions_are_those_of_the_images_in_8_bits(run, deep, cache, tmp_path):
    model = tmp_path / "m.safetensors"
    said = run("train", deep, *FAST, "--stretch", "--model", model, "--cache", cache)
    assert "Stretched: 4,095 is white" in said.stderr
    assert Model.load(model).white == 4095
    for i, path in enumerate(sorted(deep.rglob("*.png"))):
        values = np.asarray(Image.open(path)).astype(np.float64)
        Image.fromarray(np.rint(values * 255 / 4095).astype(np.uint8)).save(
            tmp_path / f"{i:02}.png"
        )
    answers = run("predict", model, *sorted(deep.rglob("*.png"))).stdout.splitlines()
    expected = run("predict", model, *sorted(tmp_path.glob("*.png"))).stdout.splitlines()
    for answer, same in zip(answers, expected, strict=True):
        assert answer.split("\t")[1:] == same.split("\t")[1:]
        assert answer.split("\t")[0].split("/")[-2] == answer.split("\t")[1]
    tested = run("evaluate", model, deep, "--cache", cache)
    assert "100.0" in tested.stdout
    assert "Nearly black" not in tested.stderr


def test_what_can_be_done_is_said(run, deep, cache, tmp_path):
    out = ["--out", tmp_path / "rows.npz", "--features", "raw", "--cache", cache]
    said = run("extract", deep, *out).stderr
    assert "Nearly black: 24 images of 16 bits with values up to 4,095 only" in said
    assert "--stretch takes 4,095 for white" in said
    with np.load(tmp_path / "rows.npz") as found:
        dark = found["rows"]
    run("extract", deep, *out, "--stretch", "--force")
    with np.load(tmp_path / "rows.npz") as found:  # of 256 levels in place of 16
        assert np.abs(found["rows"] - dark).max() > 0.05
    refused = run("extract", deep, *out[:2], "--stretch", "--force", "--model", "m", expect=2)
    assert "--model determines what is white" in refused.stderr
