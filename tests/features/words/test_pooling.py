"""Pools against loops over cells, and the cells of places by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.words.pooling import OverlappingPools, Pyramid


def test_cells_are_numbered_row_by_row():
    places = np.array([[0, 0], [0.4, 0.2], [0.6, 0.1], [0.9, 0.8], [0.1, 0.5]])
    cells = Pyramid(levels=(2,)).cells(places)
    np.testing.assert_array_equal(cells, [0, 0, 1, 3, 2])


def test_places_on_and_over_the_edge_belong_to_the_outer_cells():
    places = np.array([[0, 0], [1, 1], [1.2, -0.3]])
    np.testing.assert_array_equal(Pyramid(levels=(3,)).cells(places), [0, 8, 2])


def test_pyramids_of_any_levels_share_a_grid():
    assert Pyramid(levels=(1, 2, 4)).grid == 4
    assert Pyramid(levels=(1, 2, 3)).grid == 6


def test_a_pyramid_equals_loops():
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 500))
    pyramid = Pyramid(levels=(1, 2, 3))
    cells = np.bincount(pyramid.cells(np.stack([x, y], axis=1)), minlength=36)
    expected = [
        np.sum((x * n // 1 == column) & (y * n // 1 == row))
        for n in (1, 2, 3)
        for row in range(n)
        for column in range(n)
    ]
    np.testing.assert_array_equal(pyramid.pooled(cells[:, None].astype(np.float32))[:, 0], expected)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_overlapping_pools_equal_loops(n_cells, width, seed):
    width = min(width, n_cells)
    cells = np.random.default_rng(seed).random((n_cells, n_cells, 3, 2)).astype(np.float32)
    n_pools = n_cells - width + 1
    expected = [
        cells[row : row + width, column : column + width].sum(axis=(0, 1))
        for row in range(n_pools)
        for column in range(n_pools)
    ]
    pools = OverlappingPools(cells_across=n_cells, width=width)
    pooled = pools.pooled(cells.reshape(-1, 3, 2))
    assert pooled.dtype == np.float32
    np.testing.assert_allclose(pooled, expected, rtol=1e-5)


def test_names_say_level_row_and_column():
    names = [pool.name for pool in Pyramid(levels=(1, 2)).pools]
    assert names == ["l1_r0_c0", "l2_r0_c0", "l2_r0_c1", "l2_r1_c0", "l2_r1_c1"]
    names = [pool.name for pool in OverlappingPools(cells_across=3, width=2).pools]
    assert names == ["r0_c0", "r0_c1", "r1_c0", "r1_c1"]


def test_impossible_pools_are_named():
    with pytest.raises(ValueError, match="width=5 on cells_across=4; a pool is 1 to"):
        OverlappingPools(cells_across=4, width=5)
    with pytest.raises(ValueError, match=r"levels=\(13, 16\) need a grid of 208 cells"):
        Pyramid(levels=(13, 16))
