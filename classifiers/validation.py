"""What scores of validation rows say: what is selected by, the temperature, what is familiar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax, softmax_loss

Array = NDArray[np.floating[Any]]

ERROR_WEIGHT = 2.0
"""How much an error counts beside the cross-entropy, with 1,000 samples. With this or half of it
the choice among 32 settings lost least accuracy, for SVM and softmax, raw pixels and HOG + hue."""

MAX_STEPS, TOLERANCE = 50, 1e-4
"""Of Newton's method, which takes five to ten, on the logarithm of the temperature."""

SMALLEST_FACTOR = 1e-3
"""Of scores of unit standard deviation: scores that mislead say as much as none."""

NOVEL_SHARE = 0.05
"""Of the images of the same kind as those of training, how many may be called novel."""


class SelectionCost(NamedTuple):
    """The cost of scores, and the temperature at which they were calibrated for it."""

    cost: float
    temperature: float


class Validation(NamedTuple):
    """How a classifier did on validation parts of some rows each, the better the lower its cost."""

    accuracy: float
    cost: float
    n_rows: int

    def cost_with(self, n_rows: int) -> float:
        """Return the cost if an error counted as much as with so many rows."""
        more = _error_weight(n_rows) - _error_weight(self.n_rows)
        return self.cost + more * (1 - self.accuracy)


VALIDATION_FIELDS = tuple(f"validation_{name}_" for name in ("accuracy", "cost", "rows"))
"""Where an estimator keeps its `Validation`."""


def validation_fields(found: Validation | None) -> dict[str, Any]:
    """Return what an estimator keeps of a validation, by the names of its attributes."""
    return dict(zip(VALIDATION_FIELDS, found or (None,) * 3, strict=True))


def validation_of(means: Mapping[str, float]) -> Validation | None:
    """Return what means over validation parts, such as those of a trial, amount to."""
    if not means:
        return None
    return Validation(means["accuracy"], means["cost"], round(means["n_rows"]))


def mean_validation(found: Sequence[Validation | None]) -> Validation | None:
    """Return the mean of validations on splits of the same rows; None if one is missing."""
    held = [validation for validation in found if validation is not None]
    if not held or len(held) < len(found):
        return None
    accuracy, cost, n_rows = np.mean(held, axis=0)
    return Validation(float(accuracy), float(cost), round(n_rows))


def best_of(validations: Sequence[Validation | None], sizes: Sequence[int] | None = None) -> int:
    """Return the position of the best one: what "best" means wherever validation selects.

    It is the one of the lowest selection cost. An error counts for all as much as it does with the
    fewest rows that one was validated on, as costs are then comparable. Ties, to three decimals, go
    to the smallest size, if there are sizes, and then to the first. What was not validated, None,
    comes last.

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

    Of two settings with nearly the same accuracy on a thousand samples it is mostly luck which is
    ahead; the cross-entropy also counts by how much each sample is classified correctly or wrongly.
    Scores are divided first by their best temperature, so that neither the loss they were trained
    with nor overconfidence matters. The more samples there are, the surer is the error rate, and
    the more it counts: in proportion to the square root of their number.

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
    r"""Return the T that makes the cross-entropy of softmax(scores / T) least.

    Scores that classify all n samples correctly would ask for T = 0, and probabilities of 1. So
    there counts one sample more, of an unknown one of the C classes: the target of the correct
    class is (n + 1 / C) / (n + 1), and 1 / C / (n + 1) for each of the others.

    Newton's method on t = 1 / T. With p the softmax of t s and q the targets, the slope is the mean
    of E_p[s] - E_q[s] and the curvature the mean of Var_p[s], never negative: there is one minimum.

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


def familiarity(scores: Array, temperature: float) -> Array:
    """Return the log of the sum of exp(score / temperature) over the classes: (n_samples,).

    It is the energy with its sign changed of Liu, Wang, Owens & Li, "Energy-based
    Out-of-distribution Detection", 2020, equation 4. It takes no room in a model file, and tells
    strange images apart better than distances in the space of the features, such as Mahalanobis'
    to the nearest class (Lee et al., 2018): see tests/benchmarks/novelty.py.

    Parameters
    ----------
    scores
        (n_samples, n_classes).
    temperature
        At which softmax(scores / temperature) are calibrated probabilities.
    """
    familiar: Array = np.logaddexp.reduce(scores / temperature, axis=1)
    return familiar


def least_familiar(held_out: Array) -> float:
    """Return what all but `NOVEL_SHARE` of images reach, from the familiarity of held-out ones.

    It is of so low a rank among these that another image of the same kind is below it with at most
    that probability (Vovk, Gammerman & Shafer, "Algorithmic Learning in a Random World", 2005,
    proposition 2.4). Less than any if there are fewer than 19, of which none is low enough.

    >>> least_familiar(np.arange(100.0)), least_familiar(np.arange(18.0))
    (4.0, -inf)
    """
    rank = int(NOVEL_SHARE * (len(held_out) + 1))
    return float(np.sort(held_out)[rank - 1]) if rank else -math.inf


def if_known(least: float) -> float | None:
    """Return what `least_familiar` found, None if it found nothing."""
    return least if math.isfinite(least) else None


def _error_weight(n_rows: int) -> float:
    return ERROR_WEIGHT * math.sqrt(n_rows / 1_000)
