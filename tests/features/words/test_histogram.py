"""Histograms of words against counting one by one."""

import numpy as np
import pytest

from handcraft.features.words.assignment import nearest_words
from handcraft.features.words.histogram import Histogram, hellinger, word_counts


def test_counts_equal_loops():
    rng = np.random.default_rng(0)
    indices, cells = rng.integers(0, 6, 500), rng.integers(0, 4, 500)
    expected = np.zeros((4, 6, 1))
    for word, cell in zip(indices, cells, strict=True):
        expected[cell, word, 0] += 1
    counts = word_counts(indices, cells, 6, 4)
    assert counts.dtype == np.float32
    np.testing.assert_array_equal(counts, expected)


def test_points_are_quantised_to_the_nearest_words():
    rng = np.random.default_rng(0)
    points, words = (rng.random((n, 3)).astype(np.float32) for n in (50, 6))
    counts = Histogram().summing(words, None)(points, np.zeros(50, np.intp), 1)
    np.testing.assert_array_equal(
        counts[0, :, 0], np.bincount(nearest_words(points, words), minlength=6)
    )


def test_no_points_count_nothing():
    counts = Histogram().summing(np.ones((4, 3), np.float32), None)
    assert not counts(np.zeros((0, 3), np.float32), np.zeros(0, np.intp), 2).any()
    assert not Histogram().finished(np.zeros((2, 4, 1), np.float32)).any()


def test_hellinger_dot_product_is_the_bhattacharyya_coefficient():
    a, b = np.array([1, 0, 3, 4], np.float32), np.array([2, 5, 1, 0], np.float32)
    expected = np.sqrt(a / 8 * b / 8).sum()
    assert hellinger(a) @ hellinger(b) == pytest.approx(expected)
    assert np.linalg.norm(hellinger(a)) == pytest.approx(1)


def test_hellinger_of_nothing_is_zeros():
    assert not hellinger(np.zeros(5, np.float32)).any()


def test_a_row_is_the_roots_of_all_pools_together():
    pooled = np.array([[[1], [3]], [[0], [4]]], np.float32)
    np.testing.assert_allclose(Histogram().finished(pooled), np.sqrt([1 / 8, 3 / 8, 0, 4 / 8]))


def test_names_say_pool_and_word():
    assert Histogram().value_names(["a", "b"], 2, 9) == ["a_0000", "a_0001", "b_0000", "b_0001"]
