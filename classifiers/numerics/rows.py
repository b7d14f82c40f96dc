"""Rows of features: read in blocks, kept in float16 or int8, computed with in float32."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]

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


def release_pages(array: Any) -> None:
    """Give back the memory that a memory-mapped array takes up where it was read.

    It fills as the array is read, and would be counted as this program's for as long as no other
    wants it. What is read again comes from the file, or from the system's cache of it. Nothing
    happens to anything else, or where the system does not offer it.
    """
    owner = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


BYTE, HALF, SINGLE = np.dtype(np.int8), np.dtype(np.float16), np.dtype(np.float32)


def _adding_zero(depth: int) -> Callable[[Array], Array]:
    # OpenCV takes a number as the second summand, which its stubs do not know.
    return lambda rows: np.asarray(cv2.add(rows, 0, dtype=depth))  # type: ignore[call-overload]


BY_OPENCV = {
    (HALF, SINGLE): _adding_zero(cv2.CV_32F),
    (SINGLE, HALF): _adding_zero(cv2.CV_16F),
    (SINGLE, BYTE): _adding_zero(cv2.CV_8S),
}
"""Conversions that OpenCV makes in a third of NumPy's time, or with rounding and clipping at once:
descent on large sets would spend more on converting its batches than on their products."""

if hasattr(cv2, "convertFp16"):  # OpenCV 4 cannot add float16 numbers, which it holds as int16
    _convert_half = cv2.convertFp16
    BY_OPENCV[HALF, SINGLE] = lambda rows: np.asarray(_convert_half(rows.view(np.int16)))
    BY_OPENCV[SINGLE, HALF] = lambda rows: np.asarray(_convert_half(rows).view(HALF))


def computing_dtype(X: RowMatrix) -> np.dtype[Any]:
    """Return float32 for float16 and float32 features, float64 for all others."""
    return SINGLE if X.dtype in (HALF, SINGLE) else np.dtype(np.float64)


def rounded_to_half(values: Floats) -> Floats:
    """Return the nearest numbers that float16 holds, in the type of `values`.

    Values too large for float16 stay as they are, all of them.
    """
    half = _nearest_halves(values)
    return half.astype(values.dtype) if np.isfinite(half).all() else values


def without_loss(values: Floats) -> Floats:
    """Return the values in float16 if it holds all of them, otherwise themselves."""
    half = _nearest_halves(values)
    return half if np.array_equal(half, values) else values


def _nearest_halves(values: Floats) -> NDArray[np.float16]:
    """Return the nearest float16 numbers, infinite for values that are too large."""
    with np.errstate(over="ignore"):
        return values.astype(HALF)


def convert(rows: Array, dtype: np.dtype[Any]) -> Array:
    """Return rows (n_rows, n_features) in another type, themselves if they are in it.

    To int8 they are rounded, and clipped at -128 and 127.
    """
    by_opencv = BY_OPENCV.get((rows.dtype, dtype))
    if rows.size and by_opencv is not None:
        return by_opencv(np.asarray(rows))
    return rows.astype(dtype, copy=False)


def extremes(values: Array) -> tuple[float, float]:
    """Return the least and the greatest value; both are NaN if one value is."""
    if values.dtype != HALF:
        return float(values.min()), float(values.max())
    # As integers, in a fifth of the time: numbers of 0 and more are in the order of their bits, and
    # those below 0, which have the sign bit, in the opposite one.
    signed, unsigned = values.view(np.int16), values.view(np.uint16)
    least, greatest = int(signed.min()), int(signed.max())
    if least < 0:
        least, greatest = int(unsigned.max()), greatest if greatest >= 0 else least & 0xFFFF
    low, high = np.array([least, greatest], np.uint16).view(HALF).tolist()
    return (low, high) if low <= high else (np.nan, np.nan)
