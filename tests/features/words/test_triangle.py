"""The triangle code against plain loops over points and words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.words import triangle
from handcraft.features.words.triangle import Triangle, TriangleSums


def triangle_sums(points, words, cells, n_cells):
    """Return what `TriangleSums` should, one distance at a time."""
    sums = np.zeros((n_cells, len(words), 1))
    for point, cell in zip(points, cells, strict=True):
        squares = [((point - word) ** 2).sum() for word in words]
        mean = sum(squares) / len(words)
        sums[cell, :, 0] += [max(0.0, mean - square) for square in squares]
    return sums


def random_case(n_points, n_words, n_cells, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n_points, 5)).astype(np.float32)
    words = rng.normal(size=(n_words, 5)).astype(np.float32)
    return points, words, rng.integers(0, n_cells, n_points)


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 9), st.integers(0, 99))
def test_equals_plain_loops(n_points, n_words, n_cells, seed):
    points, words, cells = random_case(n_points, n_words, n_cells, seed)
    sums = Triangle().summing(words, None)(points, cells, n_cells)
    assert sums.dtype == np.float32
    assert sums.min() >= 0
    np.testing.assert_allclose(
        sums, triangle_sums(points, words, cells, n_cells), rtol=1e-5, atol=1e-4
    )


@pytest.mark.parametrize("block_bytes", [1, 1500, 4000])
def test_blocks_of_any_size_give_the_same_sums(monkeypatch, block_bytes):
    points, words, cells = random_case(170, 20, 4, seed=0)
    monkeypatch.setattr(triangle, "BLOCK_BYTES", block_bytes)
    sums = TriangleSums(words)(points, cells, 4)
    np.testing.assert_allclose(sums, triangle_sums(points, words, cells, 4), rtol=1e-5, atol=1e-4)


def test_by_hand():
    # Squared distances 0, 9, 16, 25: their mean is 12.5, and two words are nearer than that.
    words = np.array([[0, 0], [3, 0], [0, 4], [3, 4]], np.float32)
    sums = TriangleSums(words)(np.zeros((1, 2), np.float32), np.zeros(1, np.intp), 1)
    np.testing.assert_allclose(sums[0, :, 0], [12.5, 3.5, 0, 0], atol=1e-5)


def test_the_only_word_counts_nothing():
    points, words, cells = random_case(16, 1, 4, seed=0)
    assert not TriangleSums(words)(points, cells, 4).any()


def test_a_second_image_does_not_change_the_first_ones_sums():
    points, words, cells = random_case(64, 6, 4, seed=0)
    encode = TriangleSums(words)
    first = encode(points, cells, 4)
    kept = first.copy()
    encode(points[::-1], cells, 4)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(encode(points, cells, 4), kept)


def test_a_row_is_the_roots():
    pooled = np.array([[[4], [9]], [[0], [1]]], np.float32)
    np.testing.assert_array_equal(Triangle().finished(pooled), [2, 3, 0, 1])
