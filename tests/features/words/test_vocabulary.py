"""The vocabulary: centres are means of their members, and one word for each mirror pair."""

from functools import partial

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from handcraft.classifiers.numerics.threads import product_threads
from handcraft.features.words import vocabulary
from handcraft.features.words.assignment import nearest_words
from handcraft.features.words.vocabulary import (
    _lloyd,
    learn_mirror_vocabulary,
    learn_vocabulary,
    squared_distances,
)


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).random((1000, 16)).astype(np.float32)


def test_words_are_the_means_of_the_points_nearest_to_them(points):
    words = learn_vocabulary(points, 12, np.random.default_rng(1), max_iterations=500)
    nearest = nearest_words(points, words)
    means = np.stack([points[nearest == k].mean(axis=0) for k in range(12)])
    assert words.dtype == np.float32
    np.testing.assert_allclose(words, means, atol=1e-6)


def test_finds_well_separated_clusters_that_a_start_reaches():
    rng = np.random.default_rng(2)
    truth = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    points = truth[rng.integers(0, 3, 150)] + rng.normal(0, 0.1, (150, 2)).astype(np.float32)
    found = [learn_vocabulary(points, 3, np.random.default_rng(seed)) for seed in range(12)]
    reached = [words for words in found if len(set(nearest_words(words, truth))) == 3]
    assert len(reached) >= 2
    for words in reached:
        assert cdist(truth, words).min(axis=1).max() < 0.1


def test_words_start_from_different_points_of_the_sample(points):
    words = learn_vocabulary(np.repeat(points, 3, axis=0), 900, np.random.default_rng(0), 1)
    assert len(np.unique(words, axis=0)) == 900


def test_small_errors_of_the_points_move_the_words_little(points):
    """As those of a product on another number of threads: other words were drawn from them."""
    points = np.where(np.arange(16) == 0, np.float32(0.5), points)  # errors decide how they sort
    noisy = points + np.random.default_rng(1).normal(0, 1e-6, points.shape).astype(np.float32)
    words, moved = (learn_vocabulary(x, 12, np.random.default_rng(3), 1) for x in (points, noisy))
    np.testing.assert_allclose(words, moved, atol=0.05)


def test_equals_scikit_learns_k_means(points):
    start = points[:12]
    theirs = KMeans(12, init=start, n_init=1, max_iter=7, tol=0).fit(points).cluster_centers_
    np.testing.assert_allclose(_lloyd(points, start, 7), theirs, atol=1e-5)


def test_a_word_that_no_point_is_near_to_stays(points):
    start = np.vstack([points[:3], np.full(16, 100, np.float32)])
    words = _lloyd(points, start, 4)
    np.testing.assert_array_equal(words[3], start[3])
    assert (words[:3] != start[:3]).any(axis=1).all()


def test_same_bits_on_any_number_of_cores(points, monkeypatch):
    monkeypatch.setattr(vocabulary, "TILE_POINTS", 150)  # seven tiles
    words = set()
    for n_cores in (1, 2, 5):
        threads = partial(product_threads, n_cores)
        monkeypatch.setattr(vocabulary, "product_threads", lambda _, threads=threads: threads())
        words.add(_lloyd(points, points[:40], 5).tobytes())
    assert len(words) == 1


def test_same_bits_whatever_the_threads_outside(points):
    def learn(n_threads):
        with threadpool_limits(n_threads):
            return learn_vocabulary(points, 40, np.random.default_rng(3), max_iterations=5)

    assert learn(1).tobytes() == learn(2).tobytes()


def test_seed_decides(points):
    a, b, c = (learn_vocabulary(points, 9, np.random.default_rng(s), 5) for s in (4, 4, 5))
    assert a.tobytes() == b.tobytes() != c.tobytes()


def test_no_more_different_points_than_words_are_the_words(points):
    words = learn_vocabulary(np.tile(points[:7], (5, 1)), 10, np.random.default_rng(0))
    np.testing.assert_array_equal(np.unique(words, axis=0), np.unique(points[:7], axis=0))


def test_constant_points_are_one_word():
    words = learn_vocabulary(np.ones((50, 8), np.float32), 4, np.random.default_rng(0))
    np.testing.assert_array_equal(words, np.ones((1, 8)))


def test_nearly_equal_points_raise_no_warning():
    points = 1 + 1e-7 * np.arange(40, dtype=np.float32).reshape(20, 2)
    words = learn_vocabulary(points, 15, np.random.default_rng(0))
    assert words.shape[1] == 2
    assert np.isfinite(words).all()


def test_squared_distances_are_those_to_the_nearest_word():
    rng = np.random.default_rng(0)
    points, words = (rng.random((n, 4)).astype(np.float32) for n in (3_000, 7))
    expected = cdist(points, words, "sqeuclidean").min(axis=1)
    np.testing.assert_allclose(squared_distances(points, words), expected, atol=1e-5)


def test_a_vocabulary_up_to_mirroring_holds_one_word_of_each_pair():
    """Points of the plane around six centres, each the mirror image of another: x becomes -x."""
    rng = np.random.default_rng(0)
    half = np.array([[3, 0], [1, 5], [2, -4]], np.float32)
    centres = np.concatenate([half, half * [-1, 1]])
    points = (centres.repeat(50, axis=0) + rng.normal(0, 0.1, (300, 2))).astype(np.float32)
    for seed in range(4):
        start = np.random.default_rng(seed)
        words = learn_mirror_vocabulary(points, points * np.float32([-1, 1]), 3, start)
        words[:, 0] = np.abs(words[:, 0])
        if cdist(half, words).min(axis=1).max() < 0.1:
            return
    pytest.fail("no start led to one word of each pair")


def test_few_different_points_are_the_words_up_to_mirroring():
    points = np.float32([[1, 2], [1, 2], [3, 4]])
    words = learn_mirror_vocabulary(points, -points, 5, np.random.default_rng(0))
    np.testing.assert_array_equal(np.unique(words, axis=0), [[1, 2], [3, 4]])
