"""What settings are chosen by: finer than the accuracy on few samples, and scale-invariant."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax_loss
from handcraft.classifiers.training.calibration import best_temperature

Array = NDArray[np.floating[Any]]

ERROR_WEIGHT = 2.0
"""How much an error counts beside the cross-entropy, with 1,000 samples. With this or half of it
the choice among 32 settings lost least accuracy, for SVM and softmax, raw pixels and HOG + hue."""


class SelectionCost(NamedTuple):
    """The cost of scores, and the temperature at which they were calibrated for it."""

    cost: float
    temperature: float


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
    errors = ERROR_WEIGHT * np.sqrt(len(y) / 1_000) * wrong
    temperature = best_temperature(scores, y, weights)
    cross_entropy, _ = softmax_loss(scores.astype(np.float64) / temperature, y, weights)
    return SelectionCost(float(cross_entropy + errors), temperature)
