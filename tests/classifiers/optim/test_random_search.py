"""Searches against their definitions, closed forms on a quadratic, and each other."""

import numpy as np
import pytest

from handcraft.classifiers.losses import linear_loss, softmax_loss
from handcraft.classifiers.optim.random_search import (
    gradient_descent,
    random_local_search,
    random_search,
)


def bowl(W):
    """Return the height above the bottom at W = 1, where the second axis is 4 times as steep."""
    return float(((W - 1) ** 2 * [1, 4]).sum()), 2 * (W - 1) * [1, 4]


def height(W):
    return bowl(W)[0]


@pytest.fixture
def classes():
    """Return the softmax loss of 3 classes of 5 features, and its gradient, as functions of W."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    X = rng.normal(size=(60, 5)) + 3 * np.eye(3, 5)[y]
    return lambda W: linear_loss(softmax_loss, W, X, y, 1e-3)


def test_random_search_keeps_the_best_of_what_it_draws():
    drawn = []

    def loss(W):
        drawn.append(W)
        return height(W)

    found = random_search(loss, (3, 2), 50, np.random.default_rng(0), scale=2)
    losses = [height(W) for W in drawn]
    assert len(drawn) == 50
    assert 1.5 < np.std(drawn) < 2.5
    np.testing.assert_array_equal(found.W, drawn[np.argmin(losses)])
    assert found.losses.tolist() == [min(losses[: i + 1]) for i in range(50)]


def test_random_search_needs_a_try():
    with pytest.raises(ValueError, match="n=0, expected at least 1 try"):
        random_search(height, (2,), 0, np.random.default_rng(0))


def test_random_local_search_only_moves_down():
    tried = []

    def loss(W):
        tried.append(W)
        return height(W)

    found = random_local_search(loss, np.zeros(2), 200, 0.1, np.random.default_rng(0))
    here = tried[0]
    for step, W in enumerate(tried[1:], start=1):
        assert 0 < np.abs(W - here).max() < 0.6  # a step away from where the search is
        here = W if height(W) < height(here) else here
        assert found.losses[step] == height(here)
    np.testing.assert_array_equal(found.W, here)
    assert found.losses[-1] < 0.01 < found.losses[0] == 5


def test_random_local_search_does_not_walk_on_a_plain():
    found = random_local_search(lambda W: 3.0, np.zeros(2), 10, 1.0, np.random.default_rng(0))
    assert found.W.tolist() == [0, 0]
    assert found.losses.tolist() == [3.0] * 11


def test_gradient_descent_on_a_bowl_has_a_closed_form():
    # W - 1 shrinks by 1 - 2 x 0.1 along the flat axis and by 1 - 8 x 0.1 along the steep one.
    found = gradient_descent(bowl, np.zeros(2), 5, 0.1)
    steps = np.arange(6)
    np.testing.assert_allclose(found.losses, 0.8 ** (2 * steps) + 4 * 0.2 ** (2 * steps))
    np.testing.assert_allclose(found.W, [1 - 0.8**5, 1 - 0.2**5])


def test_too_high_a_learning_rate_climbs_out_of_the_bowl():
    losses = gradient_descent(bowl, np.zeros(2), 20, 0.3).losses  # 1 - 8 x 0.3 = -1.4
    assert losses[-1] > 100 * losses[0]


def test_the_better_informed_a_search_the_lower_it_gets(classes):
    rng = np.random.default_rng(0)
    start = np.zeros((6, 3))
    blind = random_search(lambda W: classes(W)[0], (6, 3), 101, rng)
    walking = random_local_search(lambda W: classes(W)[0], start, 100, 0.1, rng)
    following = gradient_descent(classes, start, 100, 0.5)
    assert walking.losses[0] == following.losses[0] == pytest.approx(np.log(3))
    assert following.losses[-1] < walking.losses[-1] < blind.losses[-1]
    assert len(blind.losses) == len(walking.losses) == len(following.losses)


def test_no_search_changes_its_start(classes):
    W = np.full((6, 3), 0.5)
    gradient_descent(classes, W, 3, 0.5)
    random_local_search(lambda W: classes(W)[0], W, 5, 0.1, np.random.default_rng(0))
    np.testing.assert_array_equal(W, np.full((6, 3), 0.5))
