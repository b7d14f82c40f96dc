"""What a classifier's X may be: an array, or anything that gives some of its rows as one."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

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
