"""How good scores are, on few samples: finer than the accuracy, and deaf to their scale."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from classifiers.losses import softmax_loss

Array = NDArray[np.floating[Any]]

ERROR_WEIGHT = 2.0
"""How much an error counts beside the cross-entropy. Of 0, 1/2, 1, 2 and 4, the one with which the
choice among 32 settings lost least accuracy, for SVM and softmax, raw pixels and HOG + hue."""

LOG_RANGE = (-4.0, 6.0)
"""Of the factor on scores of unit spread, natural logarithm."""


def validation_cost(scores: Array, y: NDArray[np.intp], weights: Array | None = None) -> float:
    """Return the cross-entropy of calibrated scores plus `ERROR_WEIGHT` times the error rate.

    Of two settings with nearly the same accuracy on a thousand samples it is mostly luck which is
    ahead; the cross-entropy tells by how much each sample is right or wrong. Scores are multiplied
    first by the one factor that makes it least, so that neither the loss they were trained with nor
    overconfidence matters.

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
    spread = float(scores.std())
    if spread == 0 or not np.isfinite(spread):
        return float(np.log(scores.shape[1])) + ERROR_WEIGHT * wrong

    def cross_entropy(log_factor: float) -> float:
        return softmax_loss(scores * (np.exp(log_factor) / spread), y, weights)[0]

    best = minimize_scalar(
        cross_entropy, bounds=LOG_RANGE, method="bounded", options={"xatol": 0.03}
    )
    return float(best.fun) + ERROR_WEIGHT * wrong
