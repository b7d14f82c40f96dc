"""The triangle code against plain loops over points and words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.words import triangle
from handcraft.features.words.encoding import Encoding
from handcraft.features.words.triangle import MirrorTriangleSums, Triangle, TriangleSums


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


def test_values_are_ones_that_rows_are_kept_with():
    """However long the words of a forged model are."""
    points, words, cells = random_case(60, 5, 1, seed=0)
    sums = TriangleSums(words * np.float32(1e6))(points, cells, 1)
    values = Triangle().finished(sums)
    assert sums.max() > 1e10
    assert np.isfinite(values.astype(np.float16)).all()
    assert values.max() == np.finfo(np.float16).max


@pytest.mark.parametrize("block_points", [1, 15, 40])
def test_blocks_of_any_size_give_the_same_sums(monkeypatch, block_points):
    points, words, cells = random_case(170, 20, 4, seed=0)
    monkeypatch.setattr(triangle, "BLOCK_POINTS", block_points)
    expected = triangle_sums(points, words, cells, 4)
    np.testing.assert_allclose(
        TriangleSums(words)(points, cells, 4), expected, rtol=1e-5, atol=1e-4
    )
    same = MirrorTriangleSums(words, n_odd=0)
    for sums in same(points, np.stack([cells, cells]), 4):
        np.testing.assert_allclose(sums, expected, rtol=1e-5, atol=1e-4)


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 4), st.integers(0, 99))
def test_both_are_the_sums_of_points_and_of_points_with_other_signs(n_points, n_words, n, seed):
    points, words, cells = random_case(n_points, n_words, n, seed)
    n_odd, mirrored_cells = seed % 6, np.random.default_rng(seed).integers(0, n, n_points)
    signs = np.where(np.arange(5) < n_odd, -1, 1)
    two_cells = np.stack([cells, mirrored_cells])
    both = Triangle().summing_both(words, None, n_odd)(points, two_cells, n)
    expected = [
        triangle_sums(points, words, cells, n),
        triangle_sums(points * signs, words, mirrored_cells, n),
    ]
    np.testing.assert_allclose(both, expected, rtol=1e-5, atol=1e-4)
    plain = Encoding.summing_both(Triangle(), words, None, n_odd)
    np.testing.assert_allclose(both, plain(points, two_cells, n), rtol=1e-5, atol=1e-4)


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
