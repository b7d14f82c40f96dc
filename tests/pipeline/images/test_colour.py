"""Whether images are grey or in colour is told by a few of them, by what they look like."""

import numpy as np
import pytest
from PIL import Image

from handcraft.data.decode import DEFAULTS
from handcraft.pipeline.images.colour import N_LOOKED_AT, other_colours, share_of_grey


def write(folder, number, mode):
    """Write noise in grey or in colour, whose file holds three channels or one."""
    noise = np.random.default_rng(number).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    path = folder / f"{number:03}.jpg"
    image = Image.fromarray(noise).convert("RGB" if mode == "colour" else "L")
    image.convert("RGB" if mode == "grey in three channels" else image.mode).save(path)
    return path


@pytest.mark.parametrize(
    ("modes", "share"),
    [
        (["colour"], 0.0),
        (["grey"], 1.0),
        (["grey in three channels"], 1.0),
        (["colour", "grey"], 0.5),
    ],
)
def test_grey_is_what_looks_grey(modes, share, tmp_path):
    paths = [write(tmp_path, i, modes[i % len(modes)]) for i in range(N_LOOKED_AT)]
    assert share_of_grey(paths, DEFAULTS) == share
    paths[1].write_text("broken")
    assert share_of_grey(paths, DEFAULTS) == pytest.approx(share, abs=1 / N_LOOKED_AT)


def test_images_that_are_not_there_are_of_no_colour(tmp_path):
    assert share_of_grey([], DEFAULTS) is None
    assert share_of_grey([tmp_path / "gone.png"], DEFAULTS) is None


def test_only_what_is_clearly_of_the_other_kind_is_said():
    assert "grey, but the training images are in colour" in other_colours(0.05, 1.0)
    assert "in colour, but the training images are grey" in other_colours(1.0, 0.0)
    for shares in ((0.0, 0.1), (1.0, 1.0), (0.5, 1.0), (None, 1.0), (0.0, None)):
        assert other_colours(*shares) is None
