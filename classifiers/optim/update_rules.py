"""Update rules of gradient descent: from a gradient to a step, each a pure function.

A rule is a pair of functions: ``init(params) -> state`` and
``update(gradient, state, params, learning_rate) -> (step, state)``. The caller adds the step to
the parameters. In the equations g is the gradient, a the learning rate, w the parameters; squares,
roots and quotients are elementwise. The learning rate is an argument of each update, so that a
schedule may change it.

The examples print `descend`: f(w) = ||w||^2 over five steps from a point where it is 14.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


class UpdateRule(NamedTuple):
    """How a gradient becomes a step."""

    init: Callable[[Array], Any]
    """params -> state before the first step."""

    update: Callable[[Array, Any, Array, float], tuple[Array, Any]]
    """(gradient, state, params, learning_rate) -> (step, state); the arguments stay unchanged."""


def descend(rule: UpdateRule, learning_rate: float) -> list[float]:
    """Return f(w) = ||w||^2 after each of five steps from w = (1, 2, 3)."""
    w = np.array([1.0, 2.0, 3.0])
    state = rule.init(w)
    values = []
    for _ in range(5):
        step, state = rule.update(2 * w, state, w, learning_rate)
        w = w + step
        values.append(round(float(w @ w), 3))
    return values


class AdamState(NamedTuple):
    """Running moments of the gradient, and the number of steps taken."""

    first: Array
    second: Array
    n_steps: int


def sgd() -> UpdateRule:
    """Return plain gradient descent: step = -a g.

    Weakness: in a narrow valley it oscillates between the walls and creeps along the flat floor.

    >>> descend(sgd(), 0.1)
    [8.96, 5.734, 3.67, 2.349, 1.503]
    """

    def init(params: Array) -> None:
        """Return the state: there is none."""

    def update(
        gradient: Array, state: None, params: Array, learning_rate: float
    ) -> tuple[Array, None]:
        """Return the step and the next state."""
        return -learning_rate * gradient, None

    return UpdateRule(init, update)


def momentum(mu: float = 0.9) -> UpdateRule:
    """Return gradient descent with momentum: v = mu v + g, step = -a v.

    CS231n keeps -a v as its velocity instead. The two agree while the learning rate is
    constant; here a new learning rate also applies to the velocity gathered before.

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    Weakness: overshoots minima, because the velocity lags behind the gradient.

    >>> descend(momentum(), 0.1)
    [8.96, 2.962, 0.054, 1.333, 4.716]
    """

    def update(
        gradient: Array, velocity: Array, params: Array, learning_rate: float
    ) -> tuple[Array, Array]:
        """Return the step and the next state."""
        velocity = mu * velocity + gradient
        return -learning_rate * velocity, velocity

    return UpdateRule(np.zeros_like, update)


def nesterov(mu: float = 0.9) -> UpdateRule:
    """Return Nesterov's accelerated gradient: v = mu v + g, step = -a (g + mu v).

    This is the form in the look-ahead variable, which needs the gradient only at the parameters
    themselves (Sutskever et al., "On the importance of initialization and momentum in deep
    learning", 2013, after Nesterov, 1983).
    Weakness: like any momentum it amplifies the noise of small batches.

    >>> descend(nesterov(), 0.1)
    [5.382, 0.692, 0.164, 1.477, 2.419]
    """

    def update(
        gradient: Array, velocity: Array, params: Array, learning_rate: float
    ) -> tuple[Array, Array]:
        """Return the step and the next state."""
        velocity = mu * velocity + gradient
        return -learning_rate * (gradient + mu * velocity), velocity

    return UpdateRule(np.zeros_like, update)


def adagrad(initial: float = 0.1, eps: float = 1e-7) -> UpdateRule:
    """Return Adagrad: G = G + g^2, step = -a g / sqrt(G + eps), with G = `initial` at first.

    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization", 2011, who start from G = 0: then the first step is a times the sign of the
    gradient, however small that is.
    Weakness: G only grows, so the steps shrink towards zero.

    >>> descend(adagrad(), 1.0)
    [5.012, 2.403, 1.255, 0.686, 0.385]
    """

    def init(params: Array) -> Array:
        """Return G."""
        return np.full_like(params, initial)

    def update(
        gradient: Array, total: Array, params: Array, learning_rate: float
    ) -> tuple[Array, Array]:
        """Return the step and the next state."""
        total = total + gradient**2
        return -learning_rate * gradient / np.sqrt(total + eps), total

    return UpdateRule(init, update)


def rmsprop(decay: float = 0.9, eps: float = 1e-8) -> UpdateRule:
    """Return RMSprop: G = decay G + (1 - decay) g^2, step = -a g / sqrt(G + eps).

    Tieleman and Hinton, "Neural networks for machine learning", lecture 6, 2012.
    Weakness: G starts at 0, so the first steps are about 1 / sqrt(1 - decay) times too long.

    >>> descend(rmsprop(), 0.003)
    [13.886, 13.805, 13.736, 13.676, 13.621]
    """

    def update(
        gradient: Array, mean_square: Array, params: Array, learning_rate: float
    ) -> tuple[Array, Array]:
        """Return the step and the next state."""
        mean_square = decay * mean_square + (1 - decay) * gradient**2
        return -learning_rate * gradient / np.sqrt(mean_square + eps), mean_square

    return UpdateRule(np.zeros_like, update)


def adam(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> UpdateRule:
    """Return Adam: momentum on the gradient, RMSprop on its size, both corrected for the start.

    m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, and at step t
    step = -a (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    Weakness: an L2 penalty in the gradient is divided by sqrt(v) too; see `adamw`.

    >>> descend(adam(), 0.003)
    [13.964, 13.928, 13.892, 13.856, 13.821]
    """

    def init(params: Array) -> AdamState:
        """Return moments of 0."""
        return AdamState(np.zeros_like(params), np.zeros_like(params), 0)

    def update(
        gradient: Array, state: AdamState, params: Array, learning_rate: float
    ) -> tuple[Array, AdamState]:
        """Return the step and the next state."""
        t = state.n_steps + 1
        first = beta1 * state.first + (1 - beta1) * gradient
        second = beta2 * state.second + (1 - beta2) * gradient**2
        unbiased = first / (1 - beta1**t)
        size = np.sqrt(second / (1 - beta2**t)) + eps
        return -learning_rate * unbiased / size, AdamState(first, second, t)

    return UpdateRule(init, update)


def adamw(
    weight_decay: float = 1e-4, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8
) -> UpdateRule:
    """Return Adam with decoupled weight decay: Adam's step - a weight_decay w.

    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
    Weakness: decays every parameter, biases too.

    >>> descend(adamw(weight_decay=0.1), 0.003)
    [13.956, 13.911, 13.867, 13.823, 13.779]
    """
    plain = adam(beta1, beta2, eps)

    def update(
        gradient: Array, state: AdamState, params: Array, learning_rate: float
    ) -> tuple[Array, AdamState]:
        """Return the step and the next state."""
        step, state = plain.update(gradient, state, params, learning_rate)
        return step - learning_rate * weight_decay * params, state

    return UpdateRule(plain.init, update)


RULES: dict[str, Callable[[], UpdateRule]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
}
