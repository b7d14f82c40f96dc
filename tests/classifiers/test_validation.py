"""What scores of validation rows say: costs, temperatures, selection, and what is familiar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

from handcraft.classifiers.losses import softmax
from handcraft.classifiers.validation import (
    ERROR_WEIGHT,
    NOVEL_SHARE,
    Validation,
    best_of,
    best_temperature,
    familiarity,
    least_familiar,
    selection_cost,
)


def validated(scores, y):
    correct = scores.argmax(axis=1) == y
    return Validation(correct.mean(), selection_cost(scores, y).cost, len(y))


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


def test_validated_on_fewer_rows_the_same_scores_cost_the_same_to_compare():
    scores, y = noisy_scores(2_000)
    many, few = validated(scores, y), validated(scores[:500], y[:500])
    repeated = validated(scores[:500].repeat(4, axis=0), y[:500].repeat(4))
    assert repeated.cost > few.cost + 0.1
    assert repeated.cost_with(500) == pytest.approx(few.cost, abs=0.01)
    assert many.cost_with(2_000) == many.cost
    assert many.cost_with(1_000) == pytest.approx(
        many.cost - ERROR_WEIGHT * (np.sqrt(2) - 1) * (1 - many.accuracy)
    )


def test_the_best_has_the_lowest_cost_then_the_smallest_size_then_it_comes_first():
    """The highest accuracy alone is not it."""
    found = [None, *(Validation(a, c, 300) for a, c in ((0.9, 1.2), (0.8, 1), (0.8, 1.0004)))]
    assert best_of(found) == 2
    assert best_of(found, [1, 1, 9, 5]) == 3
    assert best_of(found, [1, 1, 5, 5]) == 2
    assert best_of([None, None], [9, 5]) == 0


def test_the_best_does_not_depend_on_how_many_rows_each_was_validated_on():
    """Errors cost more on many rows: the better classifier has the higher cost, as it stands."""
    better = validated(*noisy_scores(4_000, signal=1.6))
    worse = validated(*noisy_scores(250, signal=1.2))
    assert better.cost > worse.cost
    assert best_of([worse, better]) == 1


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


def test_it_is_the_negative_free_energy():
    scores = np.random.default_rng(0).normal(0, 300, (40, 7))
    expected = logsumexp(scores / 2.5, axis=1)
    np.testing.assert_allclose(familiarity(scores, 2.5), expected)


@pytest.mark.parametrize("n_held_out", [19, 40, 200])
def test_few_of_the_same_kind_are_below_what_nearly_all_reach(n_held_out):
    rng = np.random.default_rng(n_held_out)
    below = [
        np.mean(rng.normal(size=200) < least_familiar(rng.normal(size=n_held_out)))
        for _ in range(400)
    ]
    rank = int(NOVEL_SHARE * (n_held_out + 1))
    assert np.mean(below) == pytest.approx(rank / (n_held_out + 1), abs=0.006)
    assert rank / (n_held_out + 1) <= NOVEL_SHARE


def test_of_too_few_none_is_low_enough():
    assert least_familiar(np.arange(18.0)) == -np.inf
    assert least_familiar(np.arange(19.0)) == 0.0
