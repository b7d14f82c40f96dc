"""The columns of a row by extractor, and their contributions to the scores of classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.linear import LinearClassifier
from handcraft.features.base import Extractor
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.vlad import Vlad
from handcraft.pipeline.experiment.model import Model

Floats = NDArray[np.floating[Any]]


class Block(NamedTuple):
    """An extractor, and its columns of a row."""

    name: str
    extractor: Extractor
    columns: slice


def blocks(extractor: Extractor) -> list[Block]:
    """Return the component extractors of a fitted extractor, in order of their columns."""
    found, start = [], 0
    for name, part in _parts(extractor):
        found.append(Block(name, part, slice(start, start + part.n_features)))
        start += part.n_features
    return found


def _parts(extractor: Extractor) -> Iterator[tuple[str, Extractor]]:
    for part in extractor.parts:
        if isinstance(part, Vlad):
            yield f"{part.name}, shapes", part.shape_
            if part.n_features > part.shape_.n_features:
                yield f"{part.name}, colours", part.colour_
        else:
            yield part.name, part


def class_weights(model: Model) -> Floats:
    """Return the weights of a linear classifier: (n_classes, n_features).

    Raises
    ------
    ValueError
        If the classifier has no weights per class.
    """
    if not isinstance(model.classifier, LinearClassifier):
        raise ValueError(
            f"{model.training.classifier} has no weights for each class; expected a linear "
            "classifier, svm or softmax"
        )
    return model.classifier.coef_


def word_columns(encoder: Encoder) -> NDArray[np.intp]:
    """Return the word of each value of a row: (n_features,)."""
    n_words, n_axes = encoder.words_.shape
    shape = (len(encoder.pool.pools), n_words, encoder.encode.values_per_word(n_axes))
    columns = encoder.encode.by_word(np.arange(encoder.n_features, dtype=np.float64), shape)
    words = np.empty(encoder.n_features, np.intp)
    words[columns.astype(np.intp)] = np.arange(n_words)[None, :, None]
    return words


def word_contributions(encoder: Encoder, weights: Floats, rows: Floats) -> Floats:
    """Return the contribution of each word to the scores, minus its mean over the classes.

    Parameters
    ----------
    weights, rows
        Their columns of the encoder: (n_classes, n_features) and (n_images, n_features).

    Returns
    -------
    contributions
        float64 (n_images, n_classes, n_words).
    """
    order = np.argsort(words := word_columns(encoder), kind="stable")
    starts = np.searchsorted(words[order], np.arange(len(encoder.words_)))
    centred = (weights - weights.mean(axis=0))[:, order].astype(np.float64)
    return np.stack([np.add.reduceat(centred * row[order], starts, axis=1) for row in rows])
