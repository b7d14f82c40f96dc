"""The best temperature: against a search, where it is known, and where none would be finite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from handcraft.classifiers.losses import softmax
from handcraft.classifiers.training.calibration import best_temperature


def smoothed_cross_entropy(scores, y, temperature, weights=None):
    n_samples, n_classes = scores.shape
    targets = np.full(scores.shape, 1 / n_classes / (n_samples + 1))
    targets[np.arange(n_samples), y] += n_samples / (n_samples + 1)
    losses = -(targets * log_softmax(scores / temperature, axis=1)).sum(axis=1)
    return np.average(losses, weights=weights)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.floats(0.1, 5), st.floats(1e-3, 1e3))
def test_it_is_the_minimum(seed, n_classes, signal, scale):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=60)
    scores = scale * (rng.normal(size=(60, n_classes)) + signal * np.eye(n_classes)[y])
    weights = rng.uniform(0.5, 2, size=60)
    found = best_temperature(scores, y, weights)
    search = minimize_scalar(
        lambda t: smoothed_cross_entropy(scores, y, np.exp(t), weights),
        bounds=(np.log(scale) - 12, np.log(scale) + 12),
        method="bounded",
    )
    assert smoothed_cross_entropy(scores, y, found, weights) <= search.fun + 1e-3


@pytest.mark.parametrize("temperature", [0.25, 1.0, 40.0])
def test_labels_drawn_with_the_probabilities_give_the_temperature_back(temperature):
    rng = np.random.default_rng(0)
    scores = 3 * temperature * rng.normal(size=(20_000, 4))
    p = softmax(scores / temperature)
    y = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(max=3)
    assert best_temperature(scores, y) == pytest.approx(temperature, rel=0.03)


def test_where_all_are_correct_the_next_might_still_be_wrong():
    """The score is always the same: its probability becomes (n + 1 / C) / (n + 1)."""
    scores, y = np.tile([1.0, 0.0, 0.0], (50, 1)), np.zeros(50, int)
    p = softmax(scores / best_temperature(scores, y))
    assert p[0, 0] == pytest.approx((50 + 1 / 3) / 51, rel=1e-4)


def test_equal_scores_have_no_temperature():
    assert best_temperature(np.ones((5, 3)), np.arange(5) % 3) == 1.0


def test_scores_that_mislead_give_equal_probabilities():
    scores, y = -np.eye(3)[np.arange(300) % 3], np.arange(300) % 3
    p = softmax(scores / best_temperature(scores, y))
    np.testing.assert_allclose(p, 1 / 3, atol=1e-3)
