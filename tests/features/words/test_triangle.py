"""The triangle code against plain loops, over grids and pools that overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.words import triangle
from handcraft.features.words.triangle import TriangleSums, overlapping_sums


def triangle_sums(patches, words, grid):
    """Return what `TriangleSums` should, one distance at a time."""
    n_positions = len(patches)
    edges = [i * n_positions // grid for i in range(grid + 1)]
    sums = np.zeros((grid, grid, len(words)))
    for row in range(grid):
        for column in range(grid):
            for y in range(edges[row], edges[row + 1]):
                for x in range(edges[column], edges[column + 1]):
                    squares = [((patches[y, x] - word) ** 2).sum() for word in words]
                    mean = sum(squares) / len(words)
                    sums[row, column] += [max(0.0, mean - square) for square in squares]
    return sums


def random_case(n_positions, n_words, seed):
    rng = np.random.default_rng(seed)
    patches = rng.normal(size=(n_positions, n_positions, 5)).astype(np.float32)
    return patches, rng.normal(size=(n_words, 5)).astype(np.float32)


@given(st.integers(4, 9), st.integers(1, 12), st.integers(1, 4), st.integers(0, 99))
def test_equals_plain_loops(n_positions, n_words, grid, seed):
    patches, words = random_case(n_positions, n_words, seed)
    sums = TriangleSums(words, n_positions, grid)(patches)
    assert sums.dtype == np.float32
    assert sums.min() >= 0
    np.testing.assert_allclose(sums, triangle_sums(patches, words, grid), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("block_bytes", [1, 1500, 4000])
def test_blocks_of_any_size_give_the_same_sums(monkeypatch, block_bytes):
    patches, words = random_case(13, 20, seed=0)
    monkeypatch.setattr(triangle, "BLOCK_BYTES", block_bytes)
    sums = TriangleSums(words, 13, 2)(patches)
    np.testing.assert_allclose(sums, triangle_sums(patches, words, 2), rtol=1e-5, atol=1e-4)


def test_by_hand():
    # Squared distances 0, 9, 16, 25: their mean is 12.5, and two words are nearer than that.
    words = np.array([[0, 0], [3, 0], [0, 4], [3, 4]], np.float32)
    sums = TriangleSums(words, 1, 1)(np.zeros((1, 1, 2), np.float32))
    np.testing.assert_allclose(sums, [[[12.5, 3.5, 0, 0]]], atol=1e-5)


def test_the_only_word_counts_nothing():
    patches, words = random_case(4, 1, seed=0)
    assert not TriangleSums(words, 4, 2)(patches).any()


def test_a_second_image_does_not_change_the_first_ones_sums():
    patches, words = random_case(8, 6, seed=0)
    encode = TriangleSums(words, 8, 4)
    first = encode(patches)
    kept = first.copy()
    encode(patches[::-1])
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(encode(patches), kept)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 99))
def test_overlapping_sums_equal_loops(n_cells, width, seed):
    width = min(width, n_cells)
    cells = np.random.default_rng(seed).random((n_cells, n_cells, 3)).astype(np.float32)
    n_pools = n_cells - width + 1
    expected = [
        [
            cells[row : row + width, column : column + width].sum(axis=(0, 1))
            for column in range(n_pools)
        ]
        for row in range(n_pools)
    ]
    np.testing.assert_allclose(overlapping_sums(cells, width), expected, rtol=1e-5)
