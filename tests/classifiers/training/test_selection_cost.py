"""The cost of scores: what it ignores, what it sees, and its value where that is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.classifiers.training.selection_cost import ERROR_WEIGHT, selection_cost


def cost_of(scores, y, weights=None):
    return selection_cost(scores, y, weights).cost


def noisy_scores(n_samples=300, n_classes=4, signal=1.5, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n_samples)
    return rng.normal(size=(n_samples, n_classes)) + signal * np.eye(n_classes)[y], y


@given(st.floats(0.01, 100), st.floats(-5, 5))
def test_scale_and_offset_of_scores_do_not_matter(factor, offset):
    scores, y = noisy_scores()
    expected = cost_of(scores, y)
    assert cost_of(factor * scores + offset, y) == pytest.approx(expected, abs=1e-3)


def test_equal_errors_are_told_apart_by_how_wrong_they_are():
    y = np.array([0, 1, 1, 0])
    near = np.array([[3.0, 0], [0, 3], [0.1, 0], [3, 0]])
    far = np.array([[3.0, 0], [0, 3], [3, 0], [3, 0]])
    assert cost_of(near, y) < cost_of(far, y)


def test_more_signal_costs_less():
    costs = [cost_of(*noisy_scores(signal=signal)) for signal in (0, 1, 2, 4)]
    assert costs == sorted(costs, reverse=True)


def test_scores_that_say_nothing_cost_what_guessing_does():
    y = np.arange(1_000) % 4
    cost = cost_of(np.zeros((1_000, 4)), y)
    assert cost == pytest.approx(np.log(4) + ERROR_WEIGHT * 0.75)


def test_well_calibrated_scores_are_left_as_they_are():
    """Scores are the log-probabilities that labels are drawn with: their cost is the entropy."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet([1, 1, 1], size=40_000)
    y = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1)
    entropy = -(p * np.log(p)).sum(axis=1).mean()
    errors = ERROR_WEIGHT * np.sqrt(40) * (1 - p.max(axis=1).mean())
    assert cost_of(np.log(p), y) == pytest.approx(entropy + errors, abs=0.1)


def test_integer_weights_repeat_samples():
    scores, y = noisy_scores(50)
    times = np.arange(50) % 3
    weighted = cost_of(scores, y, times / times.mean())
    repeated = cost_of(scores.repeat(times, axis=0), y.repeat(times))
    # 49 samples and no more make the cost of an error nearly the same.
    assert times.sum() == 49
    assert weighted == pytest.approx(repeated, abs=0.01)
