"""What a classifier's X may be: an array, or anything that gives some of its rows as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

RowIndex = slice | NDArray[np.intp]
"""Neighbouring rows, or the indices of any rows."""


@runtime_checkable
class RowMatrix(Protocol):
    """Rows (n_rows, n_columns) that are read in blocks and never copied whole.

    NumPy arrays and memory maps are row matrices. One that joins several files on reading, or
    computes its rows, needs no more than this; it gives back by itself whatever memory it takes.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_rows, n_columns)."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The number type of the rows."""

    def __len__(self) -> int:
        """Return n_rows."""

    def __getitem__(self, rows: RowIndex, /) -> Any:
        """Return some of the rows, as an array (n_chosen, n_columns)."""


def as_row_matrix(X: ArrayLike | RowMatrix) -> RowMatrix:
    """Return `X` as it is if it is a row matrix, otherwise as an array."""
    if isinstance(X, np.ndarray) or not isinstance(X, RowMatrix):
        return np.asarray(X)
    return X if isinstance(X.dtype, np.dtype) else np.asarray(X)


def row_blocks(n_rows: int, n_columns: int, max_values: int, max_rows: int) -> Iterator[slice]:
    """Yield slices of so many rows, in turn, of at most so many values and rows each.

    >>> list(row_blocks(5, 10, max_values=20, max_rows=100))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, min(max_rows, max_values // n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))
