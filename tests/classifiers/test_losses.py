"""Losses against plain loops, numerical gradients and what is known of them in closed form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax
from sklearn.metrics import hinge_loss as sklearn_hinge_loss
from sklearn.metrics import log_loss

from handcraft.classifiers.losses import (
    LOSSES,
    REGULARISERS,
    elastic_net,
    hinge_loss,
    l1,
    l2,
    linear_loss,
    softmax_loss,
)


def hinge_by_loops(scores, y, power):
    total = 0.0
    for row, correct in zip(scores, y, strict=True):
        for j in range(len(row)):
            if j != correct:
                total += max(0.0, row[j] - row[correct] + 1) ** power
    return total / len(y)


def one_vs_rest_by_loops(scores, y, power):
    total = 0.0
    for row, correct in zip(scores, y, strict=True):
        for j in range(len(row)):
            total += max(0.0, 1 - (1 if j == correct else -1) * row[j]) ** power
    return total / len(y)


def softmax_by_loops(scores, y):
    total = 0.0
    for row, correct in zip(scores, y, strict=True):
        total -= np.log(np.exp(row[correct]) / sum(np.exp(s) for s in row))
    return total / len(y)


ORACLES = {
    "hinge": lambda s, y: hinge_by_loops(s, y, 1),
    "squared_hinge": lambda s, y: hinge_by_loops(s, y, 2),
    "one_vs_rest_hinge": lambda s, y: one_vs_rest_by_loops(s, y, 1),
    "one_vs_rest_squared_hinge": lambda s, y: one_vs_rest_by_loops(s, y, 2),
    "softmax": softmax_by_loops,
}


@st.composite
def problems(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_samples, n_classes = draw(st.integers(1, 8)), draw(st.integers(2, 6))
    scores = draw(st.floats(0.1, 5)) * rng.normal(size=(n_samples, n_classes))
    return scores, rng.integers(n_classes, size=n_samples)


@pytest.mark.parametrize("name", LOSSES)
@given(problem=problems())
def test_equals_plain_loops(name, problem):
    scores, y = problem
    assert LOSSES[name](scores, y, None)[0] == pytest.approx(ORACLES[name](scores, y))


@pytest.mark.parametrize("name", LOSSES)
@given(problem=problems())
def test_gradient_predicts_a_small_change_of_all_scores(name, problem):
    scores, y = problem
    direction = np.random.default_rng(1).normal(size=scores.shape)
    h = 1e-6
    ahead, behind = (LOSSES[name](scores + sign * h * direction, y, None)[0] for sign in (1, -1))
    slope = (ahead - behind) / (2 * h)
    kinked = np.sum(LOSSES[name](scores + h * direction, y, None)[1] != 0) != np.sum(
        LOSSES[name](scores - h * direction, y, None)[1] != 0
    )
    if not kinked:
        gradient = LOSSES[name](scores, y, None)[1]
        assert slope == pytest.approx(np.sum(gradient * direction), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@given(problem=problems())
def test_integer_weights_repeat_samples(name, problem):
    scores, y = problem
    times = 1 + np.arange(len(y)) % 3
    weights = times / times.mean()
    weighted, gradient = LOSSES[name](scores, y, weights)
    repeated, _ = LOSSES[name](scores.repeat(times, axis=0), y.repeat(times), None)
    assert weighted == pytest.approx(repeated)
    plain = LOSSES[name](scores, y, None)[1]
    np.testing.assert_allclose(gradient, plain * weights[:, None])


def test_agrees_with_sklearn_metrics():
    rng = np.random.default_rng(0)
    scores, y = rng.normal(size=(30, 2)), np.arange(30) % 2
    probabilities = np.exp(log_softmax(scores, axis=1))
    assert softmax_loss(scores, y)[0] == pytest.approx(log_loss(y, probabilities))
    decision = scores[:, 1] - scores[:, 0]
    assert hinge_loss(scores, y)[0] == pytest.approx(sklearn_hinge_loss(y, decision))


@pytest.mark.parametrize("n_classes", [2, 10])
@pytest.mark.parametrize("name", LOSSES)
def test_value_at_zero_weights(name, n_classes):
    expected = np.log(n_classes) if name == "softmax" else n_classes
    if name in ("hinge", "squared_hinge"):
        expected = n_classes - 1
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % n_classes
    loss, _ = linear_loss(LOSSES[name], np.zeros((4, n_classes)), X, y, reg=0.0)
    assert loss == pytest.approx(expected)


def test_the_softmax_example_of_cs231n():
    loss, _ = softmax_loss(np.array([[3.2, 5.1, -1.7]]), np.array([0]))
    assert loss == pytest.approx(-np.log(0.13), abs=0.01)


@given(problem=problems(), shift=st.floats(-1e3, 1e3))
def test_softmax_ignores_a_shift_of_all_scores_of_a_sample(problem, shift):
    scores, y = problem
    loss, gradient = softmax_loss(scores, y)
    shifted_loss, shifted_gradient = softmax_loss(scores + shift, y)
    assert shifted_loss == pytest.approx(loss, abs=1e-9)
    np.testing.assert_allclose(shifted_gradient, gradient, atol=1e-9)


def test_softmax_of_huge_scores_is_finite():
    loss, gradient = softmax_loss(np.array([[1e4, 0.0], [-1e4, 0.0]]), np.array([0, 0]))
    assert loss == 5e3
    assert np.isfinite(gradient).all()


def separated():
    """Weights that meet all margins on three points, and the points."""
    X, y = 2 * np.eye(3), np.arange(3)
    return np.vstack([3 * np.eye(3), np.zeros(3)]), X, y


def test_hinge_does_not_change_when_met_margins_are_doubled():
    W, X, y = separated()
    assert linear_loss(hinge_loss, W, X, y, reg=0.0)[0] == 0
    assert linear_loss(hinge_loss, 2 * W, X, y, reg=0.0)[0] == 0


def test_regularisation_makes_the_weights_unique():
    W, X, y = separated()
    values = [linear_loss(hinge_loss, c * W, X, y, reg=0.01)[0] for c in (0.05, 0.2, 1.0, 2.0)]
    assert values[2] < values[3]
    assert values[1] < values[0]
    assert values[1] < values[2]


def test_l2_prefers_spread_weights_and_l1_does_not():
    x = np.ones(4)
    peaked, spread = np.array([1.0, 0, 0, 0]), np.full(4, 0.25)
    assert x @ peaked == x @ spread
    assert l2(spread)[0] < l2(peaked)[0]
    assert l1(spread)[0] == l1(peaked)[0]


def test_a_point_beyond_its_margin_moves_softmax_but_not_hinge():
    y = np.array([0])
    near, far = np.array([[10.0, -2.0, 3.0]]), np.array([[10.0, -100.0, -100.0]])
    assert hinge_loss(near, y)[0] == hinge_loss(far, y)[0] == 0
    assert softmax_loss(near, y)[0] > softmax_loss(far, y)[0]


def test_penalties_in_closed_form():
    W = np.array([[3.0, -4.0]])
    assert l2(W)[0] == 12.5
    assert l1(W)[0] == 7
    assert elastic_net(W)[0] == 9.75
    np.testing.assert_array_equal(elastic_net(W)[1], [[2.0, -2.5]])


@pytest.mark.parametrize("name", REGULARISERS)
def test_bias_is_not_penalised(name):
    rng = np.random.default_rng(0)
    W, X, y = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), np.arange(5) % 3
    free, strong = (
        linear_loss(softmax_loss, W, X, y, reg, REGULARISERS[name])[1] for reg in (0.0, 10.0)
    )
    np.testing.assert_array_equal(free[-1], strong[-1])
    assert not np.allclose(free[:-1], strong[:-1])


@pytest.mark.parametrize("name", LOSSES)
def test_float32_stays_float32(name):
    scores = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    loss, gradient = LOSSES[name](scores, np.arange(6) % 3, None)
    assert gradient.dtype == np.float32
    assert loss == pytest.approx(LOSSES[name](scores.astype(float), np.arange(6) % 3, None)[0])
