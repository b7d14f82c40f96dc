"""The vocabulary: centres are means of their members, and the same bits with any threads."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from handcraft.features.words.encoding import nearest_words
from handcraft.features.words.vocabulary import learn_vocabulary


@pytest.fixture(scope="module")
def descriptors():
    return np.random.default_rng(0).random((1000, 16)).astype(np.float32)


def test_words_are_the_means_of_the_descriptors_nearest_to_them(descriptors):
    words = learn_vocabulary(descriptors, 12, np.random.default_rng(1), max_iterations=500)
    nearest = nearest_words(descriptors, words)
    means = np.stack([descriptors[nearest == k].mean(axis=0) for k in range(12)])
    assert words.dtype == np.float32
    # scikit-learn stops at a small movement of the centres, not at none.
    np.testing.assert_allclose(words, means, atol=2e-3)


def test_finds_well_separated_clusters():
    rng = np.random.default_rng(2)
    truth = np.array([[0, 0], [10, 0], [0, 10]], np.float32)
    points = np.repeat(truth, 50, axis=0) + rng.normal(0, 0.1, (150, 2)).astype(np.float32)
    best = min(
        np.abs(
            np.sort(learn_vocabulary(points, 3, np.random.default_rng(seed)), axis=0)
            - np.sort(truth, axis=0)
        ).max()
        for seed in range(5)
    )
    assert best < 0.1


def test_same_bits_whatever_the_threads_outside(descriptors):
    def learn(n_threads):
        with threadpool_limits(n_threads):
            return learn_vocabulary(descriptors, 40, np.random.default_rng(3), max_iterations=5)

    assert learn(1).tobytes() == learn(2).tobytes()


def test_seed_decides(descriptors):
    a, b, c = (learn_vocabulary(descriptors, 9, np.random.default_rng(s), 5) for s in (4, 4, 5))
    assert a.tobytes() == b.tobytes() != c.tobytes()


def test_no_more_different_descriptors_than_words_are_the_words(descriptors):
    words = learn_vocabulary(np.tile(descriptors[:7], (5, 1)), 10, np.random.default_rng(0))
    np.testing.assert_array_equal(words, np.unique(descriptors[:7], axis=0))


def test_constant_descriptors_are_one_word():
    words = learn_vocabulary(np.ones((50, 8), np.float32), 4, np.random.default_rng(0))
    np.testing.assert_array_equal(words, np.ones((1, 8)))


def test_nearly_equal_descriptors_raise_no_warning():
    points = 1 + 1e-7 * np.arange(40, dtype=np.float32).reshape(20, 2)
    words = learn_vocabulary(points, 15, np.random.default_rng(0))
    assert words.shape[1] == 2
    assert np.isfinite(words).all()
