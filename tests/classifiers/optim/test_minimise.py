"""Update rules, schedules and the mini-batch loop: known trajectories, known minima."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.classifiers.optim.minimise import (
    SCHEDULES,
    constant,
    cosine,
    minimise,
    step_decay,
    warm_up,
)
from handcraft.classifiers.optim.update_rules import RULES, adam, adamw, momentum, nesterov, sgd


def path(rule, gradient, w, learning_rate, n_steps):
    state = rule.init(w)
    points = [w]
    for _ in range(n_steps):
        step, state = rule.update(gradient(w), state, w, learning_rate)
        w = w + step
        points.append(w)
    return np.array(points)


# The trajectories of f(w) = ||w||^2 from (1, 2, 3) that optax prints in its documentation.
PUBLISHED = {
    "sgd": (0.003, "1.38E+01 1.37E+01 1.35E+01 1.33E+01 1.32E+01"),
    "adagrad": (1.0, "5.01E+00 2.40E+00 1.25E+00 6.86E-01 3.85E-01"),
    "rmsprop": (0.003, "1.39E+01 1.38E+01 1.37E+01 1.37E+01 1.36E+01"),
    "adam": (0.003, "1.40E+01 1.39E+01 1.39E+01 1.39E+01 1.38E+01"),
    "adamw": (0.003, "1.40E+01 1.39E+01 1.39E+01 1.39E+01 1.38E+01"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_trajectory(name):
    rate, published = PUBLISHED[name]
    points = path(RULES[name](), lambda w: 2 * w, np.array([1.0, 2.0, 3.0]), rate, 5)
    assert " ".join(f"{w @ w:.2E}" for w in points[1:]) == published


def test_momentum_by_hand():
    points = path(momentum(0.5), lambda w: np.ones(1), np.zeros(1), 1.0, 3)
    np.testing.assert_allclose(points.ravel(), [0, -1, -2.5, -4.25])


def test_nesterov_by_hand():
    points = path(nesterov(0.5), lambda w: np.ones(1), np.zeros(1), 1.0, 3)
    np.testing.assert_allclose(points.ravel(), [0, -1.5, -3.25, -5.125])


def test_nesterov_is_momentum_at_the_point_ahead():
    """Look-ahead form x of Sutskever et al. against the classical pair (theta, v)."""
    curvature, mu, rate = np.array([1.0, 10.0]), 0.9, 0.05
    points = path(nesterov(mu), lambda w: curvature * w, np.ones(2), rate, 20)
    theta, v = np.ones(2), np.zeros(2)
    for x in points[1:]:
        v = mu * v - rate * curvature * (theta + mu * v)
        theta = theta + v
        np.testing.assert_allclose(x, theta + mu * v)


def test_first_adam_step_is_the_learning_rate_whatever_the_gradient():
    for size in (1e-3, 1.0, 1e3):
        step = path(adam(), lambda w, s=size: np.full(1, s), np.zeros(1), 0.1, 1)[1]
        assert step == pytest.approx(-0.1, rel=1e-4)


def test_adamw_decays_without_gradient():
    points = path(adamw(weight_decay=0.5), np.zeros_like, np.ones(1), 0.1, 2)
    np.testing.assert_allclose(points.ravel(), [1, 0.95, 0.9025])


def bowl(w):
    return w


def ravine(w):
    return np.array([1.0, 30.0]) * w


def log_cosh(w):
    return np.tanh(w)


@pytest.mark.parametrize("gradient", [bowl, ravine, log_cosh])
@pytest.mark.parametrize("name", RULES)
def test_every_rule_reaches_the_minimum_of_every_objective(name, gradient):
    rates = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "adagrad": 0.5}
    rule, n_steps = RULES[name](), 2_000
    schedule = cosine(rates.get(name, 0.02), n_steps)
    w = np.array([1.5, -0.7])
    state = rule.init(w)
    for t in range(n_steps):
        step, state = rule.update(gradient(w), state, w, schedule(t))
        w = w + step
    assert np.abs(w).max() < 1e-2


@pytest.mark.parametrize("name", RULES)
def test_update_leaves_its_arguments_alone(name):
    rule, w, g = RULES[name](), np.ones(3), np.arange(3.0)
    state = rule.init(w)
    first = rule.update(g, state, w, 0.1)[0]
    again = rule.update(g, state, w, 0.1)[0]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(w, np.ones(3))
    np.testing.assert_array_equal(g, np.arange(3.0))


@given(n_steps=st.integers(1, 500), rate=st.floats(1e-6, 1e3))
@pytest.mark.parametrize("name", sorted(set(SCHEDULES) - {"warm_cosine"}))
def test_schedules_start_at_the_rate_and_never_rise(name, n_steps, rate):
    rates = [SCHEDULES[name](rate, n_steps)(t) for t in range(n_steps)]
    assert rates[0] == pytest.approx(rate)
    assert all(b <= a for a, b in pairwise(rates))
    assert min(rates) > 0


def test_schedules_at_the_middle():
    assert constant(2.0, 100)(50) == 2
    assert cosine(2.0, 100)(50) == pytest.approx(1)
    assert step_decay(2.0, 100, n_levels=2, factor=0.5)(50) == 1
    assert SCHEDULES["exponential"](1.0, 100)(50) == pytest.approx(np.exp(-2.5))
    assert SCHEDULES["inverse_time"](1.0, 100)(50) == pytest.approx(1 / 6)


def test_warm_up_rises_linearly_then_follows():
    schedule = warm_up(cosine(1.0, 100), 10)
    assert schedule(4) == pytest.approx(0.5 * cosine(1.0, 100)(4))
    assert schedule(60) == cosine(1.0, 100)(60)


def squared_distance(w, x):
    return float(np.mean((w - x) ** 2)), np.array([2 * np.mean(w - x)])


def run(seed=0, rate=0.1, epochs=20, **options):
    x = np.random.default_rng(5).normal(3.0, 1.0, size=64)
    arguments = {
        "rule": sgd(),
        "schedule": cosine(rate, epochs * 4),
        "epochs": epochs,
        "batch_size": 16,
        "rng": np.random.default_rng(seed),
    }
    w, history = minimise(squared_distance, np.zeros(1), (x,), **(arguments | options))
    return w, history, x


def test_minimise_finds_the_mean():
    w, history, x = run()
    assert w[0] == pytest.approx(x.mean(), abs=0.02)
    assert history.training_loss[-1] < history.training_loss[0]
    assert len(history.training_loss) == 20


def test_same_seed_same_bits():
    assert run(seed=1)[0] == run(seed=1)[0]
    assert run(seed=1)[0] != run(seed=2)[0]


def test_each_epoch_sees_every_row_once_in_another_order():
    seen = []

    def watch(w, rows):
        seen.append(rows)
        return 0.0, np.zeros(1)

    minimise(
        watch,
        np.zeros(1),
        (np.arange(50),),
        rule=sgd(),
        schedule=constant(0.1, 1),
        epochs=2,
        batch_size=16,
        rng=np.random.default_rng(0),
    )
    assert [len(rows) for rows in seen] == [16, 16, 16, 2] * 2
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)


def test_validations_come_at_intervals_and_at_the_end():
    figures = iter([0.9, 0.5, 0.7])
    w, history, _ = run(epochs=8, validate=lambda w: {"cost": next(figures)}, validate_every=3)
    assert history.validation == [
        {"epoch": 3, "cost": 0.9},
        {"epoch": 6, "cost": 0.5},
        {"epoch": 8, "cost": 0.7},
    ]
    assert w == run(epochs=8)[0]


def test_divergence_is_reported_and_the_parameters_stay_finite():
    w, history, _ = run(rate=1e200)
    assert history.diverged
    assert len(history.training_loss) < 20
    assert np.isfinite(w).all()


def test_on_epoch_is_called_after_each_epoch():
    lengths = []
    run(epochs=3, on_epoch=lambda history: lengths.append(len(history.training_loss)))
    assert lengths == [1, 2, 3]
