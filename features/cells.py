"""Cells: weighted means of the votes of pixels, on a grid or around every position."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def cell_weights(size: int, n_cells: int, cell: float, interpolate: bool) -> Floats:
    """Return the weight of each of `size` pixels in each cell: float32 (n_cells, size).

    Cell i is centred at (i + 1/2) cell; see `window_weights`.
    """
    return window_weights(size, (np.arange(n_cells) + 0.5) * cell, cell, interpolate)


def window_weights(
    size: int, centres: NDArray[np.floating[Any]], cell: float, interpolate: bool
) -> Floats:
    """Return the weight of each of `size` pixels in cells with given centres: (n_cells, size).

    Pixel i is centred at i + 1/2. With t its distance from a cell's centre, in cells, the weight is
    1 where t < 1/2 or, interpolated, max(0, 1 - t); divided by the cell's side, so that a histogram
    is a mean over pixels and does not grow with the cell.
    """
    pixels = np.arange(size) + 0.5
    distance = np.abs(pixels - centres[:, None]) / cell
    weights = np.maximum(0, 1 - distance) if interpolate else distance < 0.5
    return (weights / cell).astype(np.float32)


def cell_histograms(planes: Floats, row_weights: Floats, column_weights: Floats) -> Floats:
    """Return the weighted sums over cells: float32 (n_images, n_rows, n_columns, orientations)."""
    n_images, height, width, orientations = planes.shape
    # One matrix product per image, so that results do not depend on the batch.
    bands = row_weights @ planes.reshape(n_images, height, width * orientations)
    bands = bands.reshape(n_images, len(row_weights), width, orientations)
    histograms: Floats = column_weights @ bands
    return histograms
