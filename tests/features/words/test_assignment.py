"""Nearest words and soft assignment against all distances."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from handcraft.features.words.assignment import member_sums, nearest_words, soft_assignment


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_nearest_words_equal_the_smallest_of_all_distances(n_descriptors, n_words, seed):
    rng = np.random.default_rng(seed)
    descriptors = rng.random((n_descriptors, 5)).astype(np.float32)
    words = rng.random((n_words, 5)).astype(np.float32)
    distances = cdist(descriptors, words)
    chosen = distances[np.arange(n_descriptors), nearest_words(descriptors, words)]
    np.testing.assert_allclose(chosen, distances.min(axis=1), atol=1e-5)


def test_a_word_is_nearest_to_itself_even_among_longer_ones():
    words = np.array([[1, 0], [3, 0], [0, 2], [0, 0]], np.float32)
    np.testing.assert_array_equal(nearest_words(words, words), [0, 1, 2, 3])


def test_no_descriptor_has_no_word():
    none, words = np.zeros((0, 4), np.float32), np.ones((6, 4), np.float32)
    assert nearest_words(none, words).shape == (0,)
    assert [part.shape for part in soft_assignment(none, words, 5, 10.0)] == [(0, 5), (0, 5)]


def loop_weights(x, words):
    """Return the weight of each word for x: that of most words is 0."""
    squares = [float(np.sum((x - word) ** 2)) for word in words.astype(float)]
    nearest = sorted(range(len(words)), key=squares.__getitem__)[:5]
    weights = {k: np.exp(-10 * (squares[k] - squares[nearest[0]])) for k in nearest}
    return np.array([weights.get(k, 0.0) for k in range(len(words))]) / sum(weights.values())


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_soft_assignment_equals_loops(n_descriptors, n_words, seed):
    rng = np.random.default_rng(seed)
    descriptors = rng.random((n_descriptors, 5)).astype(np.float32)
    words = rng.random((n_words, 5)).astype(np.float32)
    indices, weights = soft_assignment(descriptors, words, 5, 10.0)
    assert weights.dtype == np.float32
    np.testing.assert_array_equal(indices[:, 0], nearest_words(descriptors, words))
    dense = np.zeros((n_descriptors, n_words))
    np.put_along_axis(dense, indices, weights, axis=1)
    expected = [loop_weights(x, words) for x in descriptors]
    np.testing.assert_allclose(dense, expected, atol=1e-4)


def test_half_way_between_two_words_is_half_of_each():
    words = np.array([[0, 0], [2, 0], [30, 0]], np.float32)
    indices, weights = soft_assignment(np.array([[1, 1]], np.float32), words, 5, 10.0)
    assert set(indices[0, :2]) == {0, 1}
    np.testing.assert_allclose(weights, [[0.5, 0.5, 0]])


def test_one_nearest_word_is_hard_assignment():
    rng = np.random.default_rng(0)
    points, words = (rng.random((n, 3)).astype(np.float32) for n in (20, 6))
    indices, weights = soft_assignment(points, words, 1, 10.0)
    np.testing.assert_array_equal(indices[:, 0], nearest_words(points, words))
    np.testing.assert_array_equal(weights, 1)


def test_without_sharpness_the_nearest_words_weigh_the_same():
    rng = np.random.default_rng(0)
    points, words = (rng.random((n, 3)).astype(np.float32) for n in (20, 6))
    np.testing.assert_allclose(soft_assignment(points, words, 4, 0.0)[1], 0.25)


@given(st.integers(0, 60), st.integers(5, 50), st.integers(0, 1000))
def test_member_sums_equal_the_product_with_all_weights(n_points, n_words, seed):
    rng = np.random.default_rng(seed)
    points, words = (rng.random((n, 3)).astype(np.float32) for n in (n_points, n_words))
    indices, weights = soft_assignment(points, words, 5, 10.0)
    dense = np.zeros((n_points, n_words))
    np.put_along_axis(dense, indices, weights, axis=1)
    sums = member_sums(points, indices, weights, n_words)
    assert sums.dtype == np.float32
    np.testing.assert_allclose(sums, dense.T @ points, atol=1e-4)
