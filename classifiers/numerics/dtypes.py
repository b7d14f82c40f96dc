"""Rows kept in float16, or quantised to int8, and computed with in float32."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix

Array = NDArray[Any]
Floats = NDArray[np.floating[Any]]

BYTE, HALF, SINGLE = np.dtype(np.int8), np.dtype(np.float16), np.dtype(np.float32)
BY_OPENCV = {(HALF, SINGLE): cv2.CV_32F, (SINGLE, HALF): cv2.CV_16F, (SINGLE, BYTE): cv2.CV_8S}
"""Conversions that OpenCV makes in an eighth of NumPy's time, or with rounding and clipping at
once: descent on large sets would spend more on converting its batches than on their products."""


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
    depth = BY_OPENCV.get((rows.dtype, dtype))
    if rows.size and depth is not None:
        # OpenCV takes a number as the second summand, which its stubs do not know.
        return np.asarray(cv2.add(np.asarray(rows), 0, dtype=depth))  # type: ignore[call-overload]
    return rows.astype(dtype, copy=False)
