"""Gradient checking by central differences, as CS231n teaches it, and losses at W = 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import LOSSES, REGULARISERS, DataLoss, Regulariser, linear_loss

Array = NDArray[np.floating[Any]]

STEP = 1e-5
"""h of the central difference: its error grows as h^2, that of rounding as 1 / h."""

SMALLEST_SHARE = 1e-2
"""Entries below this share of the largest are compared as if that large: rounding dominates."""

SANITY_VALUES: dict[str, Callable[[int], float]] = {
    "hinge": lambda n_classes: n_classes - 1,
    "squared_hinge": lambda n_classes: n_classes - 1,
    "one_vs_rest_hinge": lambda n_classes: n_classes,
    "one_vs_rest_squared_hinge": lambda n_classes: n_classes,
    "softmax": math.log,
}
"""The loss at W = 0 for a number of classes."""


@dataclass(frozen=True)
class GradientCheck:
    """The comparison of an analytic gradient a with a numerical one n.

    Attributes
    ----------
    worst
        Largest relative error |a - n| / max(|a|, |n|) away from kinks.
    n_checked
        Entries compared.
    n_kinks
        Entries left out, because there is a kink within a step of them.
    """

    worst: float
    n_checked: int
    n_kinks: int


@dataclass(frozen=True)
class LossCheck:
    """One line of `check_losses`."""

    loss: str
    regulariser: str
    at_zero: float
    expected_at_zero: float
    gradient: GradientCheck


def numerical_gradient(f: Callable[[Array], float], W: Array, h: float = STEP) -> Array:
    """Return the central differences (f(W + h) - f(W - h)) / 2h, one entry of W at a time.

    >>> numerical_gradient(lambda w: float(w @ w), np.array([1.0, 2.0, 3.0])).round(6)
    array([2., 4., 6.])
    """
    gradient = np.zeros(W.shape)
    for index in np.ndindex(W.shape):
        gradient[index] = (f(_moved(W, index, h)) - f(_moved(W, index, -h))) / (2 * h)
    return gradient


def check_gradient(
    f: Callable[[Array], tuple[float, Array]],
    W: Array,
    pieces: Callable[[Array], NDArray[Any]] | None = None,
) -> GradientCheck:
    """Compare the gradient that `f` returns with central differences.

    Parameters
    ----------
    f
        W -> (value, gradient); computed in float64.
    W
        Where to compare, float64 of any shape.
    pieces
        W -> an array that identifies the smooth piece of f on which W lies, for example which
        margins of a hinge loss are positive; None if f is smooth. An entry of W is left out if the
        piece is not the same one step below it and one step above it.

    Examples
    --------
    >>> check_gradient(lambda w: (float(w @ w), 2 * w), np.ones(3)).worst < 1e-7
    True
    >>> check_gradient(lambda w: (float(w @ w), 3 * w), np.ones(3)).worst > 0.3
    True
    """
    analytic = f(W)[1]
    numerical = numerical_gradient(lambda V: f(V)[0], W)
    smooth = np.ones(W.shape, bool)
    if pieces is not None:
        for index in np.ndindex(W.shape):
            below, above = (pieces(_moved(W, index, by)) for by in (-STEP, STEP))
            smooth[index] = np.array_equal(below, above)
    errors = _relative_errors(analytic, numerical)[smooth]
    n_kinks = int(np.count_nonzero(~smooth))
    return GradientCheck(float(errors.max(initial=0.0)), errors.size, n_kinks)


def check_losses(seed: int = 0) -> list[LossCheck]:
    """Check every loss with every regulariser on random data, and its value at W = 0."""
    rng = np.random.default_rng(seed)
    n_samples, n_features, n_classes = 20, 6, 4
    X = rng.normal(size=(n_samples, n_features))
    y = rng.integers(n_classes, size=n_samples)
    W = rng.normal(size=(n_features + 1, n_classes))
    return [
        LossCheck(
            loss_name,
            regulariser_name,
            linear_loss(loss, np.zeros_like(W), X, y, 0.1, regulariser)[0],
            SANITY_VALUES[loss_name](n_classes),
            _check_linear_loss(loss, regulariser, W, X, y),
        )
        for loss_name, loss in LOSSES.items()
        for regulariser_name, regulariser in REGULARISERS.items()
    ]


def _check_linear_loss(
    loss: DataLoss, regulariser: Regulariser, W: Array, X: Array, y: NDArray[Any]
) -> GradientCheck:
    def pieces(V: Array) -> NDArray[Any]:
        """Tell on which side of each kink of the loss and the penalty V lies."""
        _, d_scores = loss(X @ V[:-1] + V[-1], y, None)
        return np.concatenate([(d_scores != 0).ravel(), (V > 0).ravel()])

    return check_gradient(lambda V: linear_loss(loss, V, X, y, 0.1, regulariser), W, pieces)


def _relative_errors(analytic: Array, numerical: Array) -> Array:
    """Return |a - n| / max(|a|, |n|), and 0 where both are 0."""
    sizes = np.maximum(np.abs(analytic), np.abs(numerical))
    sizes = np.maximum(sizes, SMALLEST_SHARE * sizes.max(initial=0.0))
    errors: Array = np.abs(analytic - numerical) / np.where(sizes > 0, sizes, 1)
    return errors


def _moved(W: Array, index: tuple[int, ...], distance: float) -> Array:
    """Return a copy of `W` with one entry moved."""
    moved = W.copy()
    moved[index] += distance
    return moved
