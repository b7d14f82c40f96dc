"""Feature rows: read in blocks, stored in float16 or int8, converted to float32 for arithmetic."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]

RowIndex = slice | NDArray[np.intp]
"""A slice of rows, or an array of row indices."""


@runtime_checkable
class RowMatrix(Protocol):
    """A matrix (n_rows, n_columns) that is read in blocks of rows and never copied as a whole.

    NumPy arrays and memory maps are row matrices. So is any class with these members, such as one
    that joins several files when it is read, or computes its rows; it frees its own memory.
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
        """Return the selected rows as an array (n_selected, n_columns)."""


def as_row_matrix(X: ArrayLike | RowMatrix) -> RowMatrix:
    """Return `X` unchanged if it is a row matrix, otherwise as an array."""
    if isinstance(X, np.ndarray) or not isinstance(X, RowMatrix):
        return np.asarray(X)
    return X if isinstance(X.dtype, np.dtype) else np.asarray(X)


def row_blocks(n_rows: int, n_columns: int, max_values: int, max_rows: int) -> Iterator[slice]:
    """Yield consecutive slices of `n_rows` rows, each of at most `max_values` and `max_rows`.

    >>> list(row_blocks(5, 10, max_values=20, max_rows=100))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, min(max_rows, max_values // n_columns))
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def release_pages(array: Any) -> None:
    """Release the pages that reading a memory-mapped array has brought into memory.

    Otherwise they count as resident memory of this process until the system needs them. Pages that
    are read again come from the file, or from the system's page cache. Arrays that are not
    memory-mapped are left alone, and so are all on systems without ``madvise``.
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
"""Conversions that OpenCV does in a third of NumPy's time, or with rounding and saturation in one
step. With NumPy's, converting a large set's mini-batches would take longer than their products."""

if hasattr(cv2, "convertFp16"):  # OpenCV 4 cannot add float16 numbers, which it holds as int16
    _convert_half = cv2.convertFp16
    BY_OPENCV[HALF, SINGLE] = lambda rows: np.asarray(_convert_half(rows.view(np.int16)))
    BY_OPENCV[SINGLE, HALF] = lambda rows: np.asarray(_convert_half(rows).view(HALF))


def computing_dtype(X: RowMatrix) -> np.dtype[Any]:
    """Return float32 for float16 and float32 features, float64 for all others."""
    return SINGLE if X.dtype in (HALF, SINGLE) else np.dtype(np.float64)


def rounded_to_half(values: Floats) -> Floats:
    """Round to float16 precision, keeping the dtype of `values`.

    If any value is too large for float16, all are returned unchanged.
    """
    half = _nearest_halves(values)
    return half.astype(values.dtype) if np.isfinite(half).all() else values


def without_loss(values: Floats) -> Floats:
    """Return the values as float16 if that is exact for all of them, otherwise unchanged."""
    half = _nearest_halves(values)
    return half if np.array_equal(half, values) else values


def _nearest_halves(values: Floats) -> NDArray[np.float16]:
    """Round to float16; values that are too large become infinite."""
    with np.errstate(over="ignore"):
        return values.astype(HALF)


def convert(rows: Array, dtype: np.dtype[Any]) -> Array:
    """Return rows (n_rows, n_features) as `dtype`, without a copy if they have it already.

    Values are rounded to int8 and saturate at -128 and 127.
    """
    by_opencv = BY_OPENCV.get((rows.dtype, dtype))
    if rows.size and by_opencv is not None:
        return by_opencv(np.asarray(rows))
    return rows.astype(dtype, copy=False)


def extremes(values: Array) -> tuple[float, float]:
    """Return the minimum and the maximum; both are NaN if any value is NaN."""
    if values.dtype != HALF:
        return float(values.min()), float(values.max())
    # Compared as integers, in a fifth of the time: the bit patterns of non-negative floats are in
    # the order of the floats, those of negative ones in reverse order.
    signed, unsigned = values.view(np.int16), values.view(np.uint16)
    least, greatest = int(signed.min()), int(signed.max())
    if least < 0:
        least, greatest = int(unsigned.max()), greatest if greatest >= 0 else least & 0xFFFF
    low, high = np.array([least, greatest], np.uint16).view(HALF).tolist()
    return (low, high) if low <= high else (np.nan, np.nan)


@dataclass(frozen=True)
class TrainingData:
    """Checked features, labels and weights, as the caller gave them.

    Attributes
    ----------
    X
        (n_samples, n_features), may be memory-mapped.
    labels
        Indices of the classes, (n_samples,).
    weights
        (n_samples,), or None if all are equal.
    classes
        The sorted labels, as indexed: (n_classes,).
    groups
        The group of each sample, (n_samples,); None if each is alone in its group.
    """

    X: RowMatrix
    labels: NDArray[np.intp]
    weights: Floats | None
    classes: NDArray[Any]
    groups: NDArray[np.intp] | None = None

    @property
    def rows(self) -> NDArray[np.intp]:
        """The rows whose weight is not 0."""
        return np.arange(len(self.labels)) if self.weights is None else np.flatnonzero(self.weights)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The float type of training."""
        return computing_dtype(self.X)
