"""Losses of a linear classifier and their gradients: hinge, squared hinge, softmax; regularisers.

A data loss takes scores (n_samples, n_classes) and the indices of the correct classes
(n_samples,), and returns its mean over the samples and the gradient with respect to the scores.
s_ij is the score of sample i for class j, y_i is the correct class of sample i, C is the number
of classes.

Scores that are all zero, which is what W = 0 gives, have a known loss. It is the first thing to
check of an implementation: C - 1 for the two multiclass hinges, C for the two one-vs-rest hinges,
log C for softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]

DataLoss = Callable[[Array, Labels, Array | None], tuple[float, Array]]
"""(scores, y, weights) -> (loss, gradient with respect to the scores)."""

Regulariser = Callable[[Array], tuple[float, Array]]
"""weights -> (penalty, gradient with respect to the weights)."""


def hinge_loss(scores: Array, y: Labels, weights: Array | None = None) -> tuple[float, Array]:
    r"""Return the multiclass hinge loss and its gradient.

    .. math:: L_i = \sum_{j \ne y_i} \max(0, s_{ij} - s_{iy_i} + 1)

    The margin (delta) is 1. At a kink, where a margin is exactly 0, the subgradient 0 is used.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    y
        Index of the correct class of each sample, (n_samples,).
    weights
        Non-negative factors of the samples' losses, (n_samples,); None for ones. The loss is the
        mean of weight times loss.

    Notes
    -----
    With all scores equal the loss is C - 1.

    References
    ----------
    Weston and Watkins, "Support vector machines for multi-class pattern recognition", 1999.

    Examples
    --------
    The cat, the car and the frog of CS231n lose 2.9, 0 and 12.9:

    >>> scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> [round(hinge_loss(scores[[i]], np.array([i]))[0], 1) for i in range(3)]
    [2.9, 0.0, 12.9]
    """
    margins = _multiclass_margins(scores, y)
    d_scores = (margins > 0).astype(scores.dtype)
    d_scores[np.arange(len(y)), y] = -d_scores.sum(axis=1)
    return _weighted_mean(margins.sum(axis=1), d_scores, weights)


def squared_hinge_loss(
    scores: Array, y: Labels, weights: Array | None = None
) -> tuple[float, Array]:
    r"""Return the squared multiclass hinge loss and its gradient.

    .. math:: L_i = \sum_{j \ne y_i} \max(0, s_{ij} - s_{iy_i} + 1)^2

    Parameters as for `hinge_loss`. With all scores equal the loss is C - 1.

    >>> squared_hinge_loss(np.zeros((5, 10)), np.arange(5))[0]
    9.0
    """
    margins = _multiclass_margins(scores, y)
    d_scores = 2 * margins
    d_scores[np.arange(len(y)), y] = -d_scores.sum(axis=1)
    return _weighted_mean((margins**2).sum(axis=1), d_scores, weights)


def one_vs_rest_hinge_loss(
    scores: Array, y: Labels, weights: Array | None = None
) -> tuple[float, Array]:
    r"""Return the hinge loss of one two-class problem per class, and its gradient.

    .. math:: L_i = \sum_j \max(0, 1 - t_{ij} s_{ij}), \quad
              t_{ij} = +1 \text{ if } j = y_i \text{ else } -1

    Parameters as for `hinge_loss`. With all scores zero the loss is C.

    >>> one_vs_rest_hinge_loss(np.zeros((5, 10)), np.arange(5))[0]
    10.0
    """
    signs = _one_vs_rest_signs(scores, y)
    margins = np.maximum(0, 1 - signs * scores)
    return _weighted_mean(margins.sum(axis=1), -signs * (margins > 0), weights)


def one_vs_rest_squared_hinge_loss(
    scores: Array, y: Labels, weights: Array | None = None
) -> tuple[float, Array]:
    r"""Return the squared one-vs-rest hinge loss and its gradient.

    .. math:: L_i = \sum_j \max(0, 1 - t_{ij} s_{ij})^2, \quad
              t_{ij} = +1 \text{ if } j = y_i \text{ else } -1

    Parameters as for `hinge_loss`. With all scores zero the loss is C. This is the data loss of
    liblinear's default solver, which scikit-learn's ``LinearSVC`` calls.

    >>> one_vs_rest_squared_hinge_loss(np.zeros((5, 10)), np.arange(5))[0]
    10.0
    """
    signs = _one_vs_rest_signs(scores, y)
    margins = np.maximum(0, 1 - signs * scores)
    return _weighted_mean((margins**2).sum(axis=1), -2 * signs * margins, weights)


def softmax(scores: Array) -> Array:
    r"""Return the probability of each class, :math:`p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}`.

    The largest score of a sample is subtracted from all its scores first, which changes nothing
    but keeps the exponentials finite.

    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    probabilities: Array = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities


def softmax_loss(scores: Array, y: Labels, weights: Array | None = None) -> tuple[float, Array]:
    r"""Return the cross-entropy of the softmax probabilities, and its gradient.

    .. math:: L_i = -\log p_{iy_i}, \quad p_{ij} = e^{s_{ij}} / \sum_k e^{s_{ik}}, \quad
              \partial L_i / \partial s_{ij} = p_{ij} - [j = y_i]

    The largest score of a sample is subtracted from all its scores first, which changes nothing
    but keeps the exponentials finite.

    Parameters as for `hinge_loss`. With all scores equal the loss is log C.

    >>> round(softmax_loss(np.zeros((5, 10)), np.arange(5))[0], 6)
    2.302585
    """
    samples = np.arange(len(y))
    shifted = scores - scores.max(axis=1, keepdims=True)
    d_scores = np.exp(shifted)
    total = d_scores.sum(axis=1)
    d_scores /= total[:, None]
    d_scores[samples, y] -= 1
    return _weighted_mean(np.log(total) - shifted[samples, y], d_scores, weights)


LOSSES: dict[str, DataLoss] = {
    "hinge": hinge_loss,
    "squared_hinge": squared_hinge_loss,
    "one_vs_rest_hinge": one_vs_rest_hinge_loss,
    "one_vs_rest_squared_hinge": one_vs_rest_squared_hinge_loss,
    "softmax": softmax_loss,
}


def l2(W: Array) -> tuple[float, Array]:
    """Return 1/2 sum W^2 and its gradient W: prefers many small weights.

    >>> l2(np.array([1.0, 0, 0, 0]))[0], l2(np.full(4, 0.25))[0]
    (0.5, 0.125)
    """
    return 0.5 * float(np.vdot(W, W)), W


def l1(W: Array) -> tuple[float, Array]:
    """Return sum |W| and its subgradient sign(W): prefers few weights that are not 0."""
    return float(np.abs(W).sum()), np.sign(W)


def elastic_net(W: Array) -> tuple[float, Array]:
    """Return the mean of `l1` and `l2`, and its subgradient.

    Zou and Hastie, "Regularization and variable selection via the elastic net", 2005.
    """
    (penalty_1, gradient_1), (penalty_2, gradient_2) = l1(W), l2(W)
    return (penalty_1 + penalty_2) / 2, (gradient_1 + gradient_2) / 2


REGULARISERS: dict[str, Regulariser] = {"l2": l2, "l1": l1, "elastic_net": elastic_net}


def linear_loss(
    loss: DataLoss,
    W: Array,
    X: Array,
    y: Labels,
    reg: float,
    regulariser: Regulariser = l2,
    weights: Array | None = None,
) -> tuple[float, Array]:
    """Return the loss of the linear classifier with scores X W + b, and its gradient.

    Parameters
    ----------
    loss
        One of `LOSSES`.
    W
        (n_features + 1, n_classes). The last row is the bias b.
    X
        (n_samples, n_features), without a column of ones.
    y
        Index of the correct class of each sample, (n_samples,).
    reg
        Strength of the regularisation: ``reg * regulariser(W)`` is added to the data loss. The
        bias is not penalised, so that a shift of all scores costs nothing.
    regulariser
        One of `REGULARISERS`.
    weights
        Non-negative factors of the samples' losses, (n_samples,); None for ones.

    Returns
    -------
    loss : float
    dW : array like W

    Examples
    --------
    >>> X, y = np.ones((4, 3)), np.array([0, 1, 1, 2])
    >>> linear_loss(hinge_loss, np.zeros((4, 3)), X, y, reg=0.0)[0]
    2.0
    """
    data_loss, d_scores = loss(X @ W[:-1] + W[-1], y, weights)
    penalty, d_penalty = regulariser(W[:-1])
    dW = np.empty_like(W)
    dW[:-1] = X.T @ d_scores + reg * d_penalty
    dW[-1] = d_scores.sum(axis=0)
    return data_loss + reg * penalty, dW


def _multiclass_margins(scores: Array, y: Labels) -> Array:
    """Return max(0, s_ij - s_iy + 1), and 0 for the correct class: (n_samples, n_classes)."""
    samples = np.arange(len(y))
    margins = np.maximum(0, scores - scores[samples, y][:, None] + 1)
    margins[samples, y] = 0
    return margins


def _one_vs_rest_signs(scores: Array, y: Labels) -> Array:
    """Return +1 for the correct class of each sample and -1 for the others, shaped as scores."""
    signs = np.full_like(scores, -1)
    signs[np.arange(len(y)), y] = 1
    return signs


def _weighted_mean(losses: Array, d_scores: Array, weights: Array | None) -> tuple[float, Array]:
    """Return the mean of the samples' losses and its gradient, each sample times its weight."""
    n_samples = len(losses)
    if weights is None:
        return float(losses.mean()), d_scores / n_samples
    return float(losses @ weights) / n_samples, d_scores * (weights / n_samples)[:, None]
