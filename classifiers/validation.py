"""Model selection on validation scores, temperature scaling, and novelty detection."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax, softmax_loss

Array = NDArray[np.floating[Any]]

ERROR_WEIGHT = 2.0
"""The weight of the error rate beside the cross-entropy, with 1,000 samples. With it, or half of
it, the choice among 32 settings lost least, for SVM and softmax, raw pixels and HOG + hue."""

MAX_STEPS, TOLERANCE = 50, 1e-4
"""Of Newton's method, which takes five to ten, on the logarithm of the temperature."""

SMALLEST_FACTOR = 1e-3
"""Lower bound of 1 / T for scores of unit standard deviation: with misleading scores T would grow
without bound."""

NOVEL_SHARE = 0.05
"""The false positive rate of novelty detection on images like those of training."""


class SelectionCost(NamedTuple):
    """The selection cost of scores, and the temperature that calibrates them."""

    cost: float
    temperature: float


class Validation(NamedTuple):
    """The result of a classifier on its validation rows; a lower cost is better."""

    accuracy: float
    cost: float
    n_rows: int

    def cost_with(self, n_rows: int) -> float:
        """Return the cost with the weight of errors for `n_rows` rows."""
        more = _error_weight(n_rows) - _error_weight(self.n_rows)
        return self.cost + more * (1 - self.accuracy)


VALIDATION_FIELDS = tuple(f"validation_{name}_" for name in ("accuracy", "cost", "rows"))
"""The attributes in which an estimator keeps its `Validation`."""


def validation_fields(found: Validation | None) -> dict[str, Any]:
    """Return a validation by the attributes in which an estimator keeps it."""
    return dict(zip(VALIDATION_FIELDS, found or (None,) * 3, strict=True))


def validation_of(means: Mapping[str, float]) -> Validation | None:
    """Return the validation of mean metrics over validation folds; None if empty."""
    if not means:
        return None
    return Validation(means["accuracy"], means["cost"], round(means["n_rows"]))


def mean_validation(found: Sequence[Validation | None]) -> Validation | None:
    """Return the mean validation over several splits of the same rows; None if one is missing."""
    held = [validation for validation in found if validation is not None]
    if not held or len(held) < len(found):
        return None
    accuracy, cost, n_rows = np.mean(held, axis=0)
    return Validation(float(accuracy), float(cost), round(n_rows))


def best_of(validations: Sequence[Validation | None], sizes: Sequence[int] | None = None) -> int:
    """Return the index of the best validation: the one rule by which models are selected.

    The best has the lowest selection cost. To make costs comparable, errors are weighted for the
    smallest number of rows that any was validated on. Ties, to three decimals, go to the smallest
    of `sizes`, if given, and then to the first. Missing validations (None) come last.

    Examples
    --------
    >>> best_of([None, Validation(0.8, 0.9, 500), Validation(0.9, 0.7, 500)])
    2
    """
    n_rows = min((found.n_rows for found in validations if found), default=0)
    ranks = [
        (round(found.cost_with(n_rows), 3), size) if found else (math.inf, 0)
        for found, size in zip(validations, sizes or [0] * len(validations), strict=True)
    ]
    return ranks.index(min(ranks))


def selection_cost(
    scores: Array, y: NDArray[np.intp], weights: Array | None = None
) -> SelectionCost:
    """Return the cross-entropy of calibrated scores plus a multiple of the error rate.

    With a thousand samples, the ranking of two settings of nearly equal accuracy is mostly chance;
    the cross-entropy also measures by how much each sample is classified correctly or wrongly.
    Scores are first divided by their best temperature, so that neither the training loss nor
    overconfidence matters. The error rate is weighted by the square root of the number of samples,
    as its standard error falls with it.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    y
        Index of the correct class of each sample, (n_samples,).
    weights
        How much each sample counts, (n_samples,); None for ones.

    Examples
    --------
    >>> scores, y = np.array([[2.0, 0], [0, 1], [1, 0]]), np.array([0, 1, 1])
    >>> round(selection_cost(scores, y).cost, 2) == round(selection_cost(100 * scores, y).cost, 2)
    True
    """
    wrong = float(np.average(scores.argmax(axis=1) != y, weights=weights))
    errors = _error_weight(len(y)) * wrong
    temperature = best_temperature(scores, y, weights)
    cross_entropy, _ = softmax_loss(scores.astype(np.float64) / temperature, y, weights)
    return SelectionCost(float(cross_entropy + errors), temperature)


def best_temperature(scores: Array, y: NDArray[np.intp], weights: Array | None = None) -> float:
    r"""Return the temperature T that minimises the cross-entropy of softmax(scores / T).

    Scores that classify all n samples correctly would lead to T = 0 and probabilities of 1. This
    is avoided by label smoothing that amounts to one additional sample of unknown class: of C
    classes, the target of the correct one is (n + 1 / C) / (n + 1), of each other 1 / C / (n + 1).

    Newton's method on t = 1 / T. With p the softmax of t s and q the targets, the slope is the mean
    of E_p[s] - E_q[s] and the curvature the mean of Var_p[s]. As that is never negative, there is
    one minimum.

    Parameters
    ----------
    scores, y, weights
        As for `selection_cost`.

    Returns
    -------
    float
        1 where the scores are all equal.

    Notes
    -----
    Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2. Smoothed
    targets are the idea of Platt, "Probabilistic outputs for support vector machines", 1999; his,
    one more sample of each class, make the probabilities of ten classes, from 30 samples, too low.

    Examples
    --------
    If three of four samples are correct, all by a margin of 1, the calibrated margin is log 3:

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
    # E_q[s] of each sample, as the centred scores of a sample add up to 0.
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


def familiarity(scores: Array, temperature: float) -> Array:
    """Return the log of the sum of exp(score / temperature) over the classes: (n_samples,).

    This is the negative energy of Liu, Wang, Owens & Li, "Energy-based Out-of-distribution
    Detection", 2020, equation 4. It needs no space in a model file, and detects out-of-distribution
    images better than distances in feature space, such as the Mahalanobis distance to the nearest
    class (Lee et al., 2018): see tests/benchmarks/novelty.py.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    temperature
        Of the calibrated probabilities, softmax(scores / temperature).
    """
    familiar: Array = np.logaddexp.reduce(scores / temperature, axis=1)
    return familiar


def least_familiar(held_out: Array) -> float:
    """Return the threshold of novelty: the conformal `NOVEL_SHARE` quantile of familiarity.

    Another image of the same kind as the held-out ones is below it with at most that probability
    (Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World", 2005, proposition 2.4).
    With fewer than 19 held-out images it is -inf.

    >>> least_familiar(np.arange(100.0)), least_familiar(np.arange(18.0))
    (4.0, -inf)
    """
    rank = int(NOVEL_SHARE * (len(held_out) + 1))
    return float(np.sort(held_out)[rank - 1]) if rank else -math.inf


def if_known(least: float) -> float | None:
    """Return the threshold, None if it is -inf."""
    return least if math.isfinite(least) else None


def _error_weight(n_rows: int) -> float:
    return ERROR_WEIGHT * math.sqrt(n_rows / 1_000)
