"""How good some parameters are on rows that were held out of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from handcraft.classifiers.base import Array
from handcraft.classifiers.losses import DataLoss
from handcraft.classifiers.numerics.compact import convert
from handcraft.classifiers.optim.minimise import Validate, Validated
from handcraft.classifiers.training.selection_cost import validation_cost
from handcraft.classifiers.training.whitened_rows import WhitenedSet

SCORED_ROWS = 512
"""Rows that are scored at a time."""


def validation_of(
    part: WhitenedSet, raw_scores: Callable[[Array, Array], Array], loss: DataLoss
) -> Validate:
    """Return the function that gives parameters' loss, accuracy and cost on a validation part.

    Parameters
    ----------
    raw_scores
        (parameters, rows of the part) -> scores, (n_rows, n_classes).
    loss
        The one that is minimised in training.
    """

    def validate(params: Array) -> Validated:
        """Score all rows, a block at a time."""
        starts = range(0, len(part.rows), SCORED_ROWS)
        blocks = (convert(part.rows[i : i + SCORED_ROWS], part.dtype) for i in starts)
        scores = np.concatenate([raw_scores(params, block) for block in blocks])
        right = scores.argmax(axis=1) == part.labels
        return Validated(
            loss(scores, part.labels, part.weights)[0],
            float(np.average(right, weights=part.weights)),
            validation_cost(scores, part.labels, part.weights),
        )

    return validate
