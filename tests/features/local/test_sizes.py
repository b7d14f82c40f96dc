"""Size rules: what is learned from sizes, and what becomes of images of any shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.local.sizes import LongerSide, Square

SIZES = np.array([[40, 60], [50, 30], [99, 99]])


def test_the_median_within_the_limits_is_learned():
    assert Square(smallest=24, largest=48).learn(SIZES) == 40
    assert Square(smallest=24, largest=32).learn(SIZES) == 32
    assert Square(smallest=64, largest=96).learn(SIZES) == 64
    assert LongerSide(smallest=24, largest=96).learn(SIZES) == 60
    assert LongerSide(smallest=24, largest=48).learn(SIZES) == 48


def test_squares_do_not_keep_the_aspect_ratio():
    image = np.zeros((20, 50, 3), np.uint8)
    assert Square().resized(image, 32, 5).shape == (32, 32, 3)
    assert Square().resized(image, 32, 40).shape == (40, 40, 3)


@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 50), st.integers(1, 30))
def test_longer_sides_fit_and_no_side_is_too_short(height, width, side, least):
    resized = LongerSide().resized(np.zeros((height, width), np.uint8), side, least)
    assert max(resized.shape) == max(side, least)
    assert min(resized.shape) >= least
    exact = min(height, width) * side / max(height, width)  # halves are rounded either way
    assert min(resized.shape) == pytest.approx(max(1, least, exact), abs=0.5)


def test_narrow_images_are_padded_on_both_sides_by_their_edges():
    image = np.arange(2 * 8, dtype=np.uint8).reshape(2, 8)
    padded = LongerSide().resized(image, 8, 5)
    assert padded.shape == (5, 8)
    np.testing.assert_array_equal(padded, image[[0, 0, 1, 1, 1]])


@pytest.mark.parametrize("rule", [Square, LongerSide])
def test_limits_are_checked(rule):
    with pytest.raises(ValueError, match="largest=0; expected an integer from 1"):
        rule(largest=0)
