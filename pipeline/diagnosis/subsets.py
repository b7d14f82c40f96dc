"""Some of the rows: nested samples of each class, read when they are needed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowIndex, RowMatrix

Indices = NDArray[np.intp]


class SelectedRows:
    """Some rows of a matrix, read from it when they are asked for: a `RowMatrix`."""

    def __init__(self, rows: RowMatrix, selected: Indices) -> None:
        self._rows, self._selected = rows, selected
        self.shape = (len(selected), rows.shape[1])
        self.dtype: np.dtype[Any] = rows.dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: RowIndex) -> NDArray[Any]:
        selected: NDArray[Any] = self._rows[self._selected[index]]
        return selected


def stratified_order(labels: Indices, seed: int) -> Indices:
    """Return a random order of the images of which every beginning has each class in proportion.

    The first images are one of each class: a beginning of that length or more lacks none.

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
