"""Residuals against loops over points and words; VLAD's normalisation by its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.features.words.residuals import Residuals, vlad


def loop_weights(x, words):
    """Return the weight of each word for x: that of most words is 0."""
    squares = [float(np.sum((x - word) ** 2)) for word in words.astype(float)]
    nearest = sorted(range(len(words)), key=squares.__getitem__)[:5]
    weights = {k: np.exp(-10 * (squares[k] - squares[nearest[0]])) for k in nearest}
    return np.array([weights.get(k, 0.0) for k in range(len(words))]) / sum(weights.values())


def sums_of(points, words, variances, cells=None, n_cells=1):
    """Return the sums of both orders in each cell: (2, n_cells, n_words, n_axes)."""
    cells = np.zeros(len(points), np.intp) if cells is None else cells
    both = Residuals().summing(words, variances)(points, cells, n_cells)
    return np.stack(np.split(both, 2, axis=2))


@pytest.fixture(scope="module")
def cloud():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(200, 5)).astype(np.float32)
    words = rng.normal(size=(12, 5)).astype(np.float32)
    words[7] = 100  # near to none
    return points, words


@pytest.mark.parametrize("n_cells", [1, 3])
def test_sums_equal_loops(cloud, n_cells):
    points, words = cloud
    rng = np.random.default_rng(2)
    variances = rng.random(words.shape).astype(np.float32)
    cells = rng.integers(0, n_cells, len(points))
    expected = np.zeros((2, n_cells, *words.shape))
    for x, cell in zip(points, cells, strict=True):
        for k, weight in enumerate(loop_weights(x, words)):
            expected[0, cell, k] += weight * (x - words[k])
            expected[1, cell, k] += weight * ((x - words[k]) ** 2 - variances[k])
    sums = sums_of(points, words, variances, cells, n_cells)
    assert sums.dtype == np.float32
    np.testing.assert_allclose(sums, expected, atol=1e-4)
    assert not sums[:, :, 7].any()


def test_variances_are_weighted_means_of_squares(cloud):
    points, words = cloud
    weights = np.array([loop_weights(x, words) for x in points])
    squares = (points[:, None, :] - words) ** 2
    totals = np.maximum(weights.sum(axis=0), 1e-30)[:, None]
    expected = np.einsum("nk,nka->ka", weights, squares) / totals
    variances = Residuals().learn_variances(points, words)
    np.testing.assert_allclose(variances, expected, rtol=1e-4, atol=1e-4)
    assert not variances[7].any()


def test_points_that_are_all_at_a_word_have_no_variance_below_zero():
    words = np.random.default_rng(0).random((40, 7)).astype(np.float32)
    variances = Residuals().learn_variances(np.repeat(words, 30, axis=0), words)
    assert variances.min() >= 0


def test_the_points_that_variances_come_from_have_no_second_order(cloud):
    variances = Residuals().learn_variances(*cloud)
    np.testing.assert_allclose(sums_of(*cloud, variances)[1], 0, atol=1e-4)


def test_blocks_change_no_variance():
    rng = np.random.default_rng(0)
    points, words = (rng.random((n, 3)).astype(np.float32) for n in (2_500, 6))
    variances = Residuals().learn_variances(points, words)
    np.testing.assert_allclose(sums_of(points, words, variances)[1], 0, atol=1e-3)


def test_words_far_from_each_other_leave_no_residual():
    words = 10 * np.eye(5, dtype=np.float32)
    np.testing.assert_allclose(sums_of(words, words, np.zeros_like(words)), 0, atol=1e-6)


def test_no_points_have_no_residuals(cloud):
    words = cloud[1]
    assert not sums_of(np.zeros((0, 5), np.float32), words, np.ones_like(words)).any()


def test_variances_are_needed(cloud):
    with pytest.raises(ValueError, match="per-word variances"):
        Residuals().summing(cloud[1], None)


def test_a_row_is_both_orders_by_their_weights(cloud):
    points, words = cloud
    both = Residuals(second_order=0.25).summing(words, np.zeros_like(words))
    pooled = both(points, np.arange(200) % 2, 2)
    first, second = (order.reshape(-1, 5) for order in np.split(pooled, 2, axis=2))
    row = Residuals(second_order=0.25).finished(pooled)
    np.testing.assert_allclose(row[:120], vlad(first) * np.sqrt(0.8), atol=1e-6)
    np.testing.assert_allclose(row[120:], vlad(second) * np.sqrt(0.2), atol=1e-6)
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_names_say_order_pool_word_and_axis():
    names = Residuals().value_names(["p", "q"], 3, 2)
    assert len(set(names)) == len(names) == 2 * 2 * 3 * 2
    assert names[0] == "mean_p_0000_00"
    assert names[12 + 6 + 2 * 2 + 1] == "variance_q_0002_01"


def test_vlad_equals_loops(cloud):
    sums = sums_of(*cloud, np.zeros_like(cloud[1]))[0, 0]
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
