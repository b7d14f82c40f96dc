"""Templates: the weights of a linear classifier on raw pixels, as one picture per class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.linear import LinearClassifier
from handcraft.data.decode import Image
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.evaluation import Evaluation


def class_templates(rows: Sequence[Evaluation]) -> dict[str, list[Image]]:
    """Return, for each linear classifier on raw pixels, a picture of every class's weights."""
    return {
        row.classifier: [template(weights, extractor.size) for weights in classifier.coef_]
        for row in rows
        if isinstance(extractor := row.model.extractor, Raw)
        and isinstance(classifier := row.model.classifier, LinearClassifier)
    }


def template(weights: NDArray[np.floating[Any]], size: int) -> Image:
    """Return the weights of one class as an RGB picture: uint8 (size, size, 3).

    Middle grey is a weight of zero; a pixel is lighter in a channel where more light there raises
    the score of the class. The scale is symmetric, and the strongest 1 % of weights are clipped.
    """
    limit = np.quantile(np.abs(weights), 0.99) or 1.0
    picture = 127.5 + 127.5 * np.clip(weights / limit, -1, 1)
    return picture.reshape(size, size, 3).astype(np.uint8)
