"""Three optimisers of weights W of any shape, from random search to gradient descent.

In the order of CS231n: random search, random local search, gradient descent. Each returns its
`Descent`, so that they can be plotted side by side. Mini-batches and better steps are in `minimise`
and `update_rules`, numerical gradients in `backprop.gradient_check`.

References
----------
Li, Karpathy & Johnson, "CS231n: Optimization", Stanford, 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

Loss = Callable[[Array], float]
"""Weights -> loss."""

LossAndGradient = Callable[[Array], tuple[float, Array]]
"""Weights -> (loss, its gradient, of the shape of the weights)."""


class Descent(NamedTuple):
    """Where a search ended, and the loss on the way there.

    Attributes
    ----------
    W
        The weights at the end.
    losses
        The loss before the first step and after each step: (n_steps + 1,).
    """

    W: Array
    losses: Array


def random_search(
    loss: Loss, shape: tuple[int, ...], n: int, rng: np.random.Generator, scale: float = 1.0
) -> Descent:
    """Draw weights n times, independently, and keep the best.

    Parameters
    ----------
    loss
        What to minimise.
    shape
        Of the weights.
    n
        Number of draws, at least 1. The first is the start; `losses`, the lowest loss so far, has
        shape (n,).
    rng
        The only source of randomness.
    scale
        Standard deviation of the weights that are drawn, around 0.

    Examples
    --------
    The height over the bottom of a bowl in 20 dimensions:

    >>> def bowl(W): return float(((W - 1) ** 2).sum())
    >>> random_search(bowl, (20,), 1000, np.random.default_rng(0)).losses[[0, -1]].round(1)
    array([42.5, 10.9])
    """
    if n < 1:
        raise ValueError(f"random_search got n={n}, expected at least 1 try")
    best, lowest, losses = np.zeros(shape), np.inf, []
    for _ in range(n):
        W = scale * rng.standard_normal(shape)
        if (loss_here := loss(W)) < lowest:
            best, lowest = W, loss_here
        losses.append(lowest)
    return Descent(best, np.array(losses))


def random_local_search(
    loss: Loss, W: Array, n_steps: int, step_size: float, rng: np.random.Generator
) -> Descent:
    """Take a step in a random direction, and stay there if the loss is lower.

    Parameters
    ----------
    loss
        What to minimise.
    W
        Where to start.
    n_steps
        How many steps to try.
    step_size
        Standard deviation of each component of a step.
    rng
        The only source of randomness.

    Examples
    --------
    >>> def bowl(W): return float(((W - 1) ** 2).sum())
    >>> rng = np.random.default_rng(0)
    >>> random_local_search(bowl, np.zeros(20), 1000, 0.1, rng).losses[[0, -1]].round(1)
    array([20. ,  0.1])
    """
    best, lowest = W, loss(W)
    losses = [lowest]
    for _ in range(n_steps):
        W = best + step_size * rng.standard_normal(best.shape)
        if (loss_here := loss(W)) < lowest:
            best, lowest = W, loss_here
        losses.append(lowest)
    return Descent(best, np.array(losses))


def gradient_descent(
    loss_and_gradient: LossAndGradient, W: Array, n_steps: int, learning_rate: float
) -> Descent:
    r"""Follow the analytic gradient of the loss over all the data (batch gradient descent).

    .. math:: W_{t+1} = W_t - \eta \nabla L(W_t)

    Parameters
    ----------
    loss_and_gradient
        What to minimise, and its gradient, of the shape of the weights.
    W
        Where to start.
    n_steps
        How many steps to take.
    learning_rate
        The length of a step as a multiple of the gradient.

    Examples
    --------
    >>> def bowl(W): return float(((W - 1) ** 2).sum()), 2 * (W - 1)
    >>> gradient_descent(bowl, np.zeros(20), 3, 0.25).losses
    array([20.    ,  5.    ,  1.25  ,  0.3125])
    """
    losses = []
    for _ in range(n_steps):
        loss, gradient = loss_and_gradient(W)
        losses.append(loss)
        W = W - learning_rate * gradient
    losses.append(loss_and_gradient(W)[0])
    return Descent(W, np.array(losses))
