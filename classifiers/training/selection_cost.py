"""How good scores are, on few samples: finer than the accuracy, and deaf to their scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax_loss

Array = NDArray[np.floating[Any]]

ERROR_WEIGHT = 2.0
"""How much an error counts beside the cross-entropy, with 1,000 samples. With this or half of it
the choice among 32 settings lost least accuracy, for SVM and softmax, raw pixels and HOG + hue."""

LARGEST_FACTOR = 400.0
"""On scores of unit spread. Where all samples are right, no finite factor is the best."""


def validation_cost(scores: Array, y: NDArray[np.intp], weights: Array | None = None) -> float:
    """Return the cross-entropy of calibrated scores plus a multiple of the error rate.

    Of two settings with nearly the same accuracy on a thousand samples it is mostly luck which is
    ahead; the cross-entropy tells by how much each sample is right or wrong. Scores are multiplied
    first by the one factor that makes it least, so that neither the loss they were trained with nor
    overconfidence matters. The more samples there are, the surer is the error rate, and the more it
    counts: in proportion to the square root of their number.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    y
        Index of the correct class of each sample, (n_samples,).
    weights
        How much each sample counts, (n_samples,); None for ones.

    Notes
    -----
    The factor is the inverse of the temperature of Guo et al., "On Calibration of Modern Neural
    Networks", 2017, section 4.2.

    Examples
    --------
    >>> scores, y = np.array([[2.0, 0], [0, 1], [1, 0]]), np.array([0, 1, 1])
    >>> round(validation_cost(scores, y), 2) == round(validation_cost(100 * scores, y), 2)
    True
    """
    wrong = float(np.average(scores.argmax(axis=1) != y, weights=weights))
    errors = ERROR_WEIGHT * np.sqrt(len(y) / 1_000) * wrong
    spread = float(scores.std())
    if spread == 0 or not np.isfinite(spread):
        return float(np.log(scores.shape[1]) + errors)
    standard = (scores - scores.mean(axis=1, keepdims=True)).astype(np.float64) / spread
    cross_entropy, _ = softmax_loss(_best_factor(standard, y, weights) * standard, y, weights)
    return float(cross_entropy + errors)


def _best_factor(scores: Array, y: NDArray[np.intp], weights: Array | None) -> float:
    r"""Return the factor t that makes the cross-entropy of t times the scores least.

    Newton's method. With p the softmax of t s, the slope is the mean of E_p[s] - s_y and the
    curvature the mean of Var_p[s], never negative: there is one minimum.
    """
    factor, correct = 1.0, scores[np.arange(len(y)), y]
    for _ in range(30):
        p = np.exp(factor * (scores - scores.max(axis=1, keepdims=True)))
        p /= p.sum(axis=1, keepdims=True)
        means = np.einsum("ij,ij->i", p, scores)
        variances = np.einsum("ij,ij,ij->i", p, scores, scores) - means**2
        slope = float(np.average(means - correct, weights=weights))
        curvature = max(float(np.average(variances, weights=weights)), 1e-12)
        before = factor
        factor = float(np.clip(factor - slope / curvature, before / 3, before * 3))
        factor = min(max(factor, 1 / LARGEST_FACTOR), LARGEST_FACTOR)
        if abs(factor - before) < 1e-3 * before:
            break
    return factor
