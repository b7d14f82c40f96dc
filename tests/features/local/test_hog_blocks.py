"""HOG blocks against loops over pixels."""

import numpy as np
import pytest
from skimage import data

from handcraft.features.local.hog_blocks import HogBlocks


@pytest.fixture(scope="module")
def image():
    return data.astronaut()[100:132, 200:232].copy()


def votes(image):
    """Return each pixel's votes for orientations of 0, 45 ... 315 degrees, pixel by pixel."""
    side = len(image)
    planes = np.zeros((side, side, 8))
    for y in range(side):
        for x in range(side):
            slopes = np.zeros((3, 2))
            if 0 < y < side - 1:
                slopes[:, 0] = image[y + 1, x].astype(float) - image[y - 1, x]
            if 0 < x < side - 1:
                slopes[:, 1] = image[y, x + 1].astype(float) - image[y, x - 1]
            down, right = slopes[np.argmax((slopes**2).sum(axis=1))]
            position = np.rad2deg(np.arctan2(down, right)) % 360 / 45
            lower = int(position)
            length = np.hypot(down, right)
            planes[y, x, lower % 8] += length * (1 - position % 1)
            planes[y, x, (lower + 1) % 8] += length * (position % 1)
    return planes


def block(planes, top, left, cell):
    """Return the four cells of a block from their definition; `top` and `left` is one's centre."""
    cells = []
    for cy, cx in ((top, left), (top, left + cell), (top + cell, left), (top + cell, left + cell)):
        histogram = np.zeros(8)
        for y in range(len(planes)):
            for x in range(len(planes)):
                near = max(0, 1 - abs(y - cy) / cell) * max(0, 1 - abs(x - cx) / cell)
                histogram += planes[y, x] * near / cell**2
        cells.append(histogram)
    return np.concatenate(cells)


@pytest.mark.parametrize("cell", [3, 5])
def test_blocks_are_what_loops_over_pixels_give(cell, image):
    places, values = HogBlocks(cell=cell, step=1).describe(image)
    n = 32 - cell
    assert values.shape == (n * n, 32)
    assert places.shape == (n * n, 3)
    planes = votes(image)
    for y, x in ((0, 0), (0, n - 1), (11, 17), (n - 1, 4), (n - 1, n - 1)):
        expected = block(planes, y, x, cell)
        np.testing.assert_allclose(values[y * n + x], expected, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("cell", [3, 4])
def test_a_step_leaves_out_blocks_but_not_at_the_edges(cell, image):
    every, some = (HogBlocks(cell=cell, step=step).describe(image) for step in (1, 2))
    n = 32 - cell
    positions = [i for i in range(n) if min(i, n - 1 - i) % 2 == 0]
    for of_every, of_some in zip(every, some, strict=True):
        expected = of_every.reshape(n, n, -1)[np.ix_(positions, positions)]
        np.testing.assert_allclose(of_some, expected.reshape(of_some.shape), rtol=1e-5, atol=1e-4)


def test_an_image_of_the_least_side_has_one_block():
    descriptor = HogBlocks(cell=4, orientations=6)
    side = descriptor.min_side(100)
    values = descriptor.describe(np.zeros((side, side, 3), np.uint8)).values
    assert values.shape == (1, 4 * 6)


def test_odd_numbers_of_orientations_are_named():
    with pytest.raises(ValueError, match="orientations=9; expected one of 2, 4"):
        HogBlocks(orientations=9)
