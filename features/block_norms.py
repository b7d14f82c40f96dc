"""Blocks of neighbouring cells of a histogram grid, normalised separately."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

EPSILON = 1e-5
"""Prevents a zero norm of a block without gradients; scikit-image's value."""

HYSTERESIS_CLIP = 0.2
"""Lowe's limit for one value of a unit vector, used by L2-Hys."""


def normalised_blocks(histograms: Floats, block: int, norm: str) -> Floats:
    """Return float32 (n_images, block_rows, block_columns, block**2 * n_bins)."""
    return NORMS[norm](blocks_of_cells(histograms, block))


def blocks_of_cells(histograms: Floats, block: int) -> Floats:
    """Return the concatenated cells of every block, not yet normalised.

    Parameters
    ----------
    histograms
        float32 (n_images, n_rows, n_columns, n_bins).
    block
        Cells along a side of a block.

    Returns
    -------
    blocks
        float32 (n_images, block_rows, block_columns, block**2 * n_bins), where block_rows = n_rows
        - (block - 1); the cells of a block row by row.
    """
    n_rows, n_columns = (n - (block - 1) for n in histograms.shape[1:3])
    shifted = [
        histograms[:, row : row + n_rows, column : column + n_columns]
        for row in range(block)
        for column in range(block)
    ]
    return np.concatenate(shifted, axis=-1)


def sums_of_cells(
    values: NDArray[np.floating[Any]], n_cells: int, block: int
) -> NDArray[np.float64]:
    """Return the values of an image's blocks, summed over the blocks that share a cell.

    Parameters
    ----------
    values
        Of the blocks of one image, in the order of `blocks_of_cells`, flattened.
    n_cells
        Cells along a side of the image.

    Returns
    -------
    sums
        float64 (n_cells, n_cells, n_bins).
    """
    n = n_cells - block + 1
    of_blocks = values.reshape(n, n, block, block, -1)
    of_cells = np.zeros((n_cells, n_cells, of_blocks.shape[-1]))
    for i, j in product(range(block), range(block)):
        of_cells[i : i + n, j : j + n] += of_blocks[:, :, i, j]
    return of_cells


def _l1(blocks: Floats) -> Floats:
    totals: Floats = np.sum(blocks, axis=-1, keepdims=True)
    return blocks / (totals + np.float32(EPSILON))


def _l1_sqrt(blocks: Floats) -> Floats:
    return np.sqrt(_l1(blocks))


def _l2(blocks: Floats) -> Floats:
    squares: Floats = np.sum(blocks * blocks, axis=-1, keepdims=True)
    unit: Floats = blocks / np.sqrt(squares + np.float32(EPSILON**2))
    return unit


def _l2_hys(blocks: Floats) -> Floats:
    return _l2(np.minimum(_l2(blocks), np.float32(HYSTERESIS_CLIP)))


NORMS: dict[str, Callable[[Floats], Floats]] = {
    "L1": _l1,
    "L1-sqrt": _l1_sqrt,
    "L2": _l2,
    "L2-Hys": _l2_hys,
}
"""Block normalisations by name (Dalal & Triggs 2005, section 6.4)."""
