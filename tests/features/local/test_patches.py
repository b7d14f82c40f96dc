"""Patches against loops over positions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.local.patches import Patches, dense_patches


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(0, 99))
def test_patches_equal_loops(height, width, side, seed):
    side = min(side, height, width)
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    expected = [
        image[row : row + side, column : column + side].ravel()
        for row in range(height - side + 1)
        for column in range(width - side + 1)
    ]
    patches = dense_patches(image, side)
    assert patches.dtype == np.float32
    np.testing.assert_array_equal(patches, expected)


def test_there_is_a_patch_at_every_position():
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    places, values = Patches(side=3).describe(image)
    assert values.shape == (7 * 5, 27)
    assert places.shape == (7 * 5, 3)
    np.testing.assert_array_equal(values[5 * 2 + 4], image[2:5, 4:7].ravel())
    assert Patches(side=3).min_side(100) == 3
