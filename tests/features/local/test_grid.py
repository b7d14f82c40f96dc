"""Grids of points: centres, places, and the cells that places belong to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.local.grid import (
    describe_scales,
    grid_centres,
    grid_shape,
    places_of,
    places_of_positions,
)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 7), st.integers(1, 9))
def test_all_bin_centres_lie_inside_and_one_step_more_would_not_fit(height, width, step, size):
    rows, columns = grid_shape((height, width), step, size)
    for n, length in ((rows, height), (columns, width)):
        tops = [step * i for i in range(n)]
        assert all(top + 3 * size <= length - 1 for top in tops)
        assert step * n + 3 * size > length - 1


def test_centres_are_in_the_middle_of_four_bins_row_by_row():
    centres = grid_centres((2, 3), step=4, bin_size=5)
    expected = [[7.5, 7.5], [11.5, 7.5], [15.5, 7.5], [7.5, 11.5], [11.5, 11.5], [15.5, 11.5]]
    np.testing.assert_array_equal(centres, expected)


def test_places_are_shares_of_the_image():
    # Pixel 0 covers the square around its centre.
    places = places_of(np.array([[-0.5, -0.5], [3.5, 1.5], [1.5, 0.5]], np.float32), (2, 4), 0.5)
    np.testing.assert_allclose(places, [[0, 0, 0.5], [1, 1, 0.5], [0.5, 0.5, 0.5]])


@given(st.integers(1, 300), st.integers(1, 64))
def test_cells_of_positions_are_symmetric_and_as_large_as_each_other(n, grid):
    x = places_of_positions(1, n)[:, 0]
    cells, mirrored = ((places * grid).astype(int) for places in (x, 1 - x))
    np.testing.assert_array_equal(cells, mirrored[::-1])
    assert (np.diff(cells) >= 0).all()
    assert np.ptp(np.bincount(cells, minlength=grid)) <= 2


def test_positions_are_row_by_row():
    places = places_of_positions(2, 3).reshape(2, 3, 3)
    assert (np.diff(places[:, :, 0], axis=1) > 0).all()
    assert (np.diff(places[:, :, 1], axis=0) > 0).all()
    assert not places[:, :, 2].any()


@pytest.mark.parametrize(("bin_size", "n"), [(1, 4), (4, 4), (5, 3), (30, 1)])
def test_each_scale_that_is_large_enough_is_described_once(bin_size, n):
    seen = []

    def describe(height, width):
        seen.append((height, width))
        return np.zeros((1, 2), np.float32), np.full((1, 4), len(seen), np.float32)

    places, values = describe_scales((40, 64), 4, bin_size, describe)
    assert seen == [(40, 64), (28, 45), (20, 32), (14, 23)][:n]
    np.testing.assert_array_equal(values[:, 0], np.arange(n) + 1)
    np.testing.assert_allclose(places[:, 2], np.arange(n) / 4)


def test_places_of_positions_are_shared_and_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        places_of_positions(4, 4)[0, 0] = 1
