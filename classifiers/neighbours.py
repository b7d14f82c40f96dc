"""k-nearest-neighbour search among labelled rows that are read in chunks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.distances import NEAREST, QUERY_ROWS
from handcraft.classifiers.numerics.rows import RowMatrix, release_pages, row_blocks

Array = NDArray[np.floating[Any]]

CHUNK_VALUES = 2**23
"""Training values compared with `QUERY_ROWS` rows in one go: 32 MiB as float32."""


@dataclass(frozen=True)
class TrainingRows:
    """Labelled training rows to search for nearest neighbours.

    Attributes
    ----------
    rows
        (n_training, n_features).
    labels
        Indices of the classes, (n_training,).
    centre
        The mean of the rows, (n_features,). It is subtracted from all rows before they are
        compared, which changes no distance but reduces rounding errors.
    """

    rows: RowMatrix
    labels: NDArray[np.intp]
    centre: Array

    @classmethod
    def of(cls, rows: RowMatrix, labels: NDArray[np.intp]) -> TrainingRows:
        """Compute the mean, a chunk of rows at a time."""
        total = np.zeros(rows.shape[1])
        for part in row_blocks(len(rows), rows.shape[1], CHUNK_VALUES, len(rows)):
            total += np.asarray(rows[part]).sum(axis=0, dtype=np.float64)
            release_pages(rows)
        dtype = np.result_type(rows.dtype, np.float32)
        return cls(rows, labels, (total / len(rows)).astype(dtype))

    def neighbours(
        self, X: NDArray[Any], metric: str, k: int, left_out: NDArray[np.intp] | None = None
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the labels and distances of the k nearest training rows, the nearest first.

        Both are (n_samples, k). Training rows with an index in `left_out` are ignored.
        """
        counts = np.ones(len(self.rows), bool)
        if left_out is not None:
            counts[left_out] = False
        indices = np.empty((len(X), k), np.intp)
        distances = np.empty((len(X), k), self.centre.dtype)
        for start in range(0, len(X), QUERY_ROWS):
            block = slice(start, start + QUERY_ROWS)
            nearest = self._search(self._centred(X[block]), metric, k, counts)
            indices[block], distances[block] = nearest
        return self.labels[indices], distances

    def _search(
        self, block: Array, metric: str, k: int, counts: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the indices and distances of the k nearest rows, found chunk by chunk."""
        indices = np.empty((len(block), 0), np.intp)
        distances = np.empty((len(block), 0), block.dtype)
        n_rows, n_features = self.rows.shape
        for part in row_blocks(n_rows, max(n_features, QUERY_ROWS), CHUNK_VALUES, n_rows):
            chunk = self._centred(np.asarray(self.rows[part]))
            kept = np.flatnonzero(counts[part])
            if len(kept) < len(chunk):
                chunk = chunk[kept]
            found, found_indices = NEAREST[metric](block, chunk, k)
            distances = np.concatenate([distances, found], axis=1)
            indices = np.concatenate([indices, part.start + kept[found_indices]], axis=1)
            # Those found first come first among equals.
            nearest = np.lexsort((indices, distances))[:, :k]
            distances = np.take_along_axis(distances, nearest, axis=1)
            indices = np.take_along_axis(indices, nearest, axis=1)
        return indices, distances

    def _centred(self, X: NDArray[Any]) -> Array:
        dtype = self.centre.dtype
        centred: Array = np.subtract(X, self.centre, dtype=dtype, casting="same_kind")
        return centred
