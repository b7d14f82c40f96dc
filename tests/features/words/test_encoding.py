"""Nearest words against all distances, pyramids against loops, sums of histograms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from handcraft.features.words.encoding import (
    hellinger,
    nearest_words,
    pyramid_cells,
    residual_sums,
    soft_assignment,
    vlad,
    word_histogram,
    word_variances,
)


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
    assert [part.shape for part in soft_assignment(none, words)] == [(0, 5), (0, 5)]


def loop_shares(x, words):
    """Return the share of each word in x: that of most words is 0."""
    squares = [float(np.sum((x - word) ** 2)) for word in words.astype(float)]
    nearest = sorted(range(len(words)), key=squares.__getitem__)[:5]
    weights = {k: np.exp(-10 * (squares[k] - squares[nearest[0]])) for k in nearest}
    return np.array([weights.get(k, 0.0) for k in range(len(words))]) / sum(weights.values())


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 1000))
def test_soft_assignment_equals_loops(n_descriptors, n_words, seed):
    rng = np.random.default_rng(seed)
    descriptors = rng.random((n_descriptors, 5)).astype(np.float32)
    words = rng.random((n_words, 5)).astype(np.float32)
    indices, shares = soft_assignment(descriptors, words)
    assert shares.dtype == np.float32
    np.testing.assert_array_equal(indices[:, 0], nearest_words(descriptors, words))
    dense = np.zeros((n_descriptors, n_words))
    np.put_along_axis(dense, indices, shares, axis=1)
    expected = [loop_shares(x, words) for x in descriptors]
    np.testing.assert_allclose(dense, expected, atol=1e-4)


def test_half_way_between_two_words_is_half_of_each():
    words = np.array([[0, 0], [2, 0], [30, 0]], np.float32)
    indices, shares = soft_assignment(np.array([[1, 1]], np.float32), words)
    assert set(indices[0, :2]) == {0, 1}
    np.testing.assert_allclose(shares, [[0.5, 0.5, 0]])


def test_cells_of_a_small_image_by_hand():
    # Four pixels wide and two high: each quarter is 2 x 1 pixels.
    centres = np.array([[0, 0], [1, 0], [2, 0], [3, 1], [1.4, 1]], np.float32)
    whole, quarters = pyramid_cells(centres, (2, 4), (1, 2))
    np.testing.assert_array_equal(whole, [0, 0, 0, 0, 0])
    np.testing.assert_array_equal(quarters, [1, 1, 2, 4, 3])


def test_positions_on_and_over_the_edge_belong_to_the_outer_cells():
    centres = np.array([[-0.5, -0.5], [29.5, 19.5], [31, -3]], np.float32)
    (cells,) = pyramid_cells(centres, (20, 30), (3,))
    np.testing.assert_array_equal(cells, [0, 8, 2])


@pytest.fixture(scope="module")
def scattered():
    rng = np.random.default_rng(0)
    centres = (rng.random((500, 2)) * (29, 19)).astype(np.float32)
    return centres, rng.integers(0, 6, 500)


def test_histogram_equals_loops(scattered):
    centres, indices = scattered
    expected = np.zeros(14 * 6)
    for (x, y), word in zip(centres, indices, strict=True):
        for offset, n in ((0, 1), (1, 2), (5, 3)):
            column, row = int((x + 0.5) / 30 * n), int((y + 0.5) / 20 * n)
            expected[(offset + row * n + column) * 6 + word] += 1
    cells = pyramid_cells(centres, (20, 30), (1, 2, 3))
    np.testing.assert_array_equal(word_histogram(indices, cells, 6, 14), expected)


def test_each_level_counts_every_descriptor_once_and_its_cells_add_up_to_the_whole(scattered):
    centres, indices = scattered
    cells = pyramid_cells(centres, (20, 30), (1, 2, 4))
    counts = word_histogram(indices, cells, 6, 21).reshape(21, 6)
    whole = np.bincount(indices, minlength=6)
    np.testing.assert_array_equal(counts[0], whole)
    np.testing.assert_array_equal(counts[1:5].sum(axis=0), whole)
    np.testing.assert_array_equal(counts[5:].sum(axis=0), whole)


def test_hellinger_dot_product_is_the_bhattacharyya_coefficient():
    a, b = np.array([1, 0, 3, 4], np.float32), np.array([2, 5, 1, 0], np.float32)
    expected = np.sqrt(a / 8 * b / 8).sum()
    assert hellinger(a) @ hellinger(b) == pytest.approx(expected)
    assert np.linalg.norm(hellinger(a)) == pytest.approx(1)


def test_hellinger_of_nothing_is_zeros():
    assert not hellinger(np.zeros(5, np.float32)).any()


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(1)
    descriptors = rng.normal(size=(200, 5)).astype(np.float32)
    words = rng.normal(size=(12, 5)).astype(np.float32)
    words[7] = 100  # near to none
    return descriptors, words


def test_residual_sums_equal_loops(cloud):
    descriptors, words = cloud
    variances = np.random.default_rng(2).random(words.shape).astype(np.float32)
    expected = np.zeros((2, *words.shape))
    for x in descriptors:
        for k, share in enumerate(loop_shares(x, words)):
            expected[0, k] += share * (x - words[k])
            expected[1, k] += share * ((x - words[k]) ** 2 - variances[k])
    sums = residual_sums(descriptors, words, variances)
    for order in range(2):
        assert sums[order].dtype == np.float32
        np.testing.assert_allclose(sums[order], expected[order], atol=1e-4)
        assert not sums[order][7].any()


def test_the_descriptors_that_variances_come_from_have_no_second_order(cloud):
    variances = word_variances(*cloud)
    np.testing.assert_allclose(residual_sums(*cloud, variances)[1], 0, atol=1e-4)
    assert not variances[7].any()


def test_words_far_from_each_other_leave_no_residual():
    words = 10 * np.eye(5, dtype=np.float32)
    first, second = residual_sums(words, words, np.zeros_like(words))
    np.testing.assert_allclose(first, 0, atol=1e-6)
    np.testing.assert_allclose(second, 0, atol=1e-6)


def test_no_descriptors_have_no_residuals(cloud):
    words = cloud[1]
    first, second = residual_sums(np.zeros((0, 5), np.float32), words, np.ones_like(words))
    assert not first.any()
    assert not second.any()


def test_vlad_equals_loops(cloud):
    sums = residual_sums(*cloud, np.zeros_like(cloud[1]))[0]
    expected = []
    for row in sums.astype(float):
        length = np.sqrt(sum(value**2 for value in row))
        expected += [np.sign(v) * np.sqrt(abs(v) / length) if length else 0.0 for v in row]
    expected = np.array(expected) / np.sqrt(sum(value**2 for value in expected))
    np.testing.assert_allclose(vlad(sums), expected, atol=1e-6)


@given(st.integers(0, 1000))
def test_vlad_does_not_see_how_often_a_word_is_met(seed):
    rng = np.random.default_rng(seed)
    sums = rng.normal(size=(6, 4)).astype(np.float32)
    times = rng.integers(1, 100, 6).astype(np.float32)
    np.testing.assert_allclose(vlad(sums * times[:, None]), vlad(sums), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vlad(sums)), 1, atol=1e-6)


def test_vlad_of_nothing_is_zeros():
    assert not vlad(np.zeros((3, 4), np.float32)).any()
