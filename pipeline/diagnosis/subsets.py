"""Nested stratified samples to train on, and blocks of rows to score."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix, row_blocks

Indices = NDArray[np.intp]

SCORED_ROWS, SCORED_VALUES = 512, 2**24
"""The most rows, and values, that a thread scores at a time: 64 MB."""


def scored_blocks(rows: RowMatrix) -> Iterator[slice]:
    """Yield blocks of neighbouring rows to read and score at a time."""
    return row_blocks(len(rows), rows.shape[1], SCORED_VALUES, SCORED_ROWS)


def stratified_order(labels: Indices, seed: int) -> Indices:
    """Return a random order of the images in which every prefix is stratified.

    The first images are one of each class, so that no prefix at least that long lacks a class.

    Parameters
    ----------
    labels
        The class of each image: (n_images,).

    Examples
    --------
    >>> labels = np.array([0] * 6 + [1] * 3)
    >>> [np.bincount(labels[stratified_order(labels, seed=0)[:n]]).tolist() for n in (2, 3, 6)]
    [[1, 1], [2, 1], [4, 2]]
    """
    rng = np.random.default_rng(seed)
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        place[members] = np.arange(len(members)) / len(members)
    return np.lexsort((rng.random(len(labels)), place))
