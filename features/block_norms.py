"""Blocks of neighbouring cells of a histogram grid, each normalised on its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

EPSILON = 1e-5
"""Keeps the norm of a block without gradients from being zero; scikit-image's value."""

HYSTERESIS_CLIP = 0.2
"""Lowe's limit for one value of a unit vector, used by L2-Hys."""


def normalised_blocks(histograms: Array, block: int, norm: str) -> Array:
    """Return float32 (n_images, block_rows, block_columns, block**2 * n_bins)."""
    n_rows, n_columns = (n - block + 1 for n in histograms.shape[1:3])
    shifted = [
        histograms[:, row : row + n_rows, column : column + n_columns]
        for row in range(block)
        for column in range(block)
    ]
    return NORMS[norm](np.concatenate(shifted, axis=-1))


def _l1(blocks: Array) -> Array:
    totals: Array = np.sum(blocks, axis=-1, keepdims=True)
    return blocks / (totals + np.float32(EPSILON))


def _l1_sqrt(blocks: Array) -> Array:
    return np.sqrt(_l1(blocks))


def _l2(blocks: Array) -> Array:
    squares: Array = np.sum(blocks * blocks, axis=-1, keepdims=True)
    unit: Array = blocks / np.sqrt(squares + np.float32(EPSILON**2))
    return unit


def _l2_hys(blocks: Array) -> Array:
    return _l2(np.minimum(_l2(blocks), np.float32(HYSTERESIS_CLIP)))


NORMS: dict[str, Callable[[Array], Array]] = {
    "L1": _l1,
    "L1-sqrt": _l1_sqrt,
    "L2": _l2,
    "L2-Hys": _l2_hys,
}
"""Block normalisations by name (Dalal & Triggs 2005, section 6.4)."""
