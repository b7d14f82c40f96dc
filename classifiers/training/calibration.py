"""Probabilities from scores: the temperature at which held-out scores are calibrated best."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax

Array = NDArray[np.floating[Any]]

MAX_STEPS, TOLERANCE = 50, 1e-4
"""Of Newton's method, which takes five to ten, on the logarithm of the temperature."""


SMALLEST_FACTOR = 1e-3
"""Of scores of unit standard deviation: scores that mislead say as much as none."""


def best_temperature(scores: Array, y: NDArray[np.intp], weights: Array | None = None) -> float:
    r"""Return the T that makes the cross-entropy of softmax(scores / T) least.

    Scores that classify all n samples correctly would ask for T = 0, and probabilities of 1. So
    there counts one sample more, of an unknown one of the C classes: the target of the correct
    class is (n + 1 / C) / (n + 1), and 1 / C / (n + 1) for each of the others.

    Newton's method on t = 1 / T. With p the softmax of t s and q the targets, the slope is the mean
    of E_p[s] - E_q[s] and the curvature the mean of Var_p[s], never negative: there is one minimum.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    y
        Index of the correct class of each sample, (n_samples,).
    weights
        How much each sample counts, (n_samples,); None for ones.

    Returns
    -------
    float
        1 where the scores are all equal.

    Notes
    -----
    Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2. Targets short of 1
    are the idea of Platt, "Probabilistic outputs for support vector machines", 1999; his, one
    sample more of each class, make the probabilities of ten classes, from 30 samples, too low.

    Examples
    --------
    Three samples in four win by a margin of 1, which is worth as much as log 3 if there are many:

    >>> scores, y = np.tile([1.0, 0.0], (4_000, 1)), np.arange(4_000) % 4 // 3
    >>> round(1 / best_temperature(scores, y), 2), round(np.log(3), 2)
    (1.1, np.float64(1.1))
    """
    n_samples = len(scores)
    s = (scores - scores.mean(axis=1, keepdims=True)).astype(np.float64)
    deviation = float(s.std())
    if deviation == 0 or not np.isfinite(deviation):
        return 1.0
    s /= deviation
    # The mean score by the targets, as the scores of a sample add up to 0.
    targets = s[np.arange(n_samples), y] * n_samples / (n_samples + 1)
    factor = 1.0
    for _ in range(MAX_STEPS):
        p = softmax(factor * s)
        means = np.einsum("ij,ij->i", p, s)
        variances = np.einsum("ij,ij,ij->i", p, s, s) - means**2
        slope = float(np.average(means - targets, weights=weights))
        curvature = max(float(np.average(variances, weights=weights)), 1e-12)
        before = factor
        factor = float(np.clip(factor - slope / curvature, before / 3, before * 3))
        factor = max(factor, SMALLEST_FACTOR)
        if abs(factor - before) < TOLERANCE * before:
            break
    return deviation / factor
