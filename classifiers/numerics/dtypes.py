"""Rows kept in float16, or quantised to int8, and computed with in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]

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
