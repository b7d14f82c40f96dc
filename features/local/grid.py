"""Grids of points to describe: 4 x 4 bins around each, at several scales of the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from handcraft.features.local.descriptor import N_PLACE, Described, Floats, Indices
from handcraft.features.state import parameter

N_BINS = 4
"""Bins along a side of a descriptor's square (Lowe 2004)."""

Located = tuple[Floats, Floats]
"""Centres (n, 2) as x, y in pixels, and descriptors (n, n_values)."""


def grid_shape(shape: tuple[int, ...], step: int, bin_size: int) -> tuple[int, int]:
    """Return the rows and columns of grid points whose bin centres all lie inside the image.

    Parameters
    ----------
    shape
        Height and width of the image in pixels, and whatever else.
    step
        Pixels between neighbouring grid points, in x and in y.
    bin_size
        Width of a bin in pixels.

    Examples
    --------
    >>> grid_shape((17, 25), step=4, bin_size=5)
    (1, 3)
    """
    n_rows, n_columns = (max(0, (side - bin_extent(bin_size)) // step + 1) for side in shape[:2])
    return n_rows, n_columns


def bin_extent(bin_size: int) -> int:
    """Return the pixels from the first to the last bin centre of a square, both included."""
    return (N_BINS - 1) * bin_size + 1


@dataclass(frozen=True)
class ScaledGrid:
    """Squares of 4 x 4 bins on a grid, at several scales of the image: what a descriptor describes.

    Parameters
    ----------
    step, bin_size
        Distance of grid points and width of a bin in pixels, in images whose longer side is at
        most `unit_side`.
    unit_side
        In pixels. In larger images both lengths are multiplied by the ratio of the longer side to
        this, rounded.
    n_scales
        Scales of the image, each sqrt(2) times smaller than the one before.

    Examples
    --------
    >>> [ScaledGrid(step=4, bin_size=6, unit_side=160).grid(side) for side in (64, 200, 300)]
    [(4, 6), (4, 6), (8, 12)]
    """

    step: int = parameter(4, low=1, high=64)
    bin_size: int = parameter(6, low=1, high=64)
    unit_side: int = parameter(160, low=1, high=4_096)
    n_scales: int = parameter(6, low=1, high=20)

    def grid(self, side: int) -> tuple[int, int]:
        """Return the step and the bin size in pixels for images of this longer side."""
        unit = max(1, round(side / self.unit_side))
        return unit * self.step, unit * self.bin_size

    def min_side(self, side: int) -> int:
        """Return the extent of a descriptor at the first scale."""
        return bin_extent(self.grid(side)[1])


def grid_centres(grid: tuple[int, int], step: int, bin_size: int) -> Floats:
    """Return the centres of the squares, row by row: x, y in pixels, float32 (n, 2)."""
    offset = (N_BINS - 1) / 2 * bin_size
    y, x = (offset + step * np.arange(n, dtype=np.float32) for n in grid)
    centres = np.empty((*grid, 2), np.float32)
    centres[:, :, 0], centres[:, :, 1] = x, y[:, None]
    return centres.reshape(-1, 2)


def gather_squares(bins: Floats, grid: tuple[int, int], step: int, bin_step: int) -> Floats:
    """Return the concatenated values of the 4 x 4 bins of every square.

    Parameters
    ----------
    bins
        float32 (n_rows, n_columns, n_values), at the points where bins may be centred.
    grid
        Rows and columns of squares.
    step, bin_step
        Distance of squares, and of the bins of a square, in points of `bins`.

    Returns
    -------
    squares
        float32 (rows * columns of squares, 16 * n_values): bin rows, bin columns, values.
    """
    corners, offsets = (
        ((np.arange(n_rows) * distance * bins.shape[1])[:, None] + np.arange(n) * distance).ravel()
        for (n_rows, n), distance in ((grid, step), ((N_BINS, N_BINS), bin_step))
    )
    points = bins.reshape(-1, bins.shape[2])
    squares: Floats = points.take(corners[:, None] + offsets, axis=0).reshape(len(corners), -1)
    return squares


def places_of(centres: Floats, shape: tuple[int, ...], scale: float = 0.0) -> Floats:
    """Return places, see `Described`, of centres in pixels of an image of that shape."""
    # Pixel (0, 0) covers the square around its centre: the image starts at -0.5.
    places = np.full((len(centres), N_PLACE), scale, np.float32)
    np.divide(centres + np.float32(0.5), np.array(shape[1::-1], np.float32), out=places[:, :2])
    return places


@lru_cache(maxsize=8)
def symmetric_positions(n: int, step: int) -> Indices:
    """Return every `step`-th of n positions, from both edges to the middle, ascending.

    They are the same in the mirror image. The array is shared, and read-only.

    Examples
    --------
    >>> [symmetric_positions(n, 2).tolist() for n in (7, 8)]
    [[0, 2, 4, 6], [0, 2, 5, 7]]
    """
    half = np.arange(0, (n + 1) // 2, step)
    positions = np.unique(np.concatenate([half, n - 1 - half]))
    positions.flags.writeable = False
    return positions


@lru_cache(maxsize=8)
def places_of_positions(n_rows: int, n_columns: int, step: int = 1) -> Floats:
    """Return places, see `Described`, of descriptors at `symmetric_positions`, row by row.

    x and y are shares of the positions, not of the pixels: descriptors lie inside the image. The
    array is shared, and read-only.
    """
    rows, columns = (_shares(n)[symmetric_positions(n, step)] for n in (n_rows, n_columns))
    places = np.zeros((len(rows), len(columns), N_PLACE), np.float32)
    places[:, :, 0], places[:, :, 1] = columns, rows[:, None]
    places.flags.writeable = False
    return places.reshape(-1, N_PLACE)


def _shares(n: int) -> NDArray[np.float64]:
    """Return the centres of n equal parts, from 0 to 1.

    They are moved slightly to the middle, so that one on the border of two cells of a pooling grid
    is in the inner one, as in the mirror image, whatever the rounding.
    """
    from_middle = (np.arange(n) - (n - 1) / 2) / n
    return 0.5 + 0.9999 * from_middle


def describe_scales(
    shape: tuple[int, ...], n_scales: int, bin_size: int, describe: Callable[[int, int], Located]
) -> Described:
    """Describe an image at scales of 2^(-k/2), k = 0, 1, ..., n_scales - 1.

    As in VLFeat's `apps/recognition`, the image is scaled and not the bins, so that wide bins take
    no more time than narrow ones.

    Parameters
    ----------
    shape
        Height and width of the image in pixels, and whatever else.
    n_scales
        The most scales: those at which the image is smaller than a descriptor are left out.
    bin_size
        Width of a bin in pixels, at every scale.
    describe
        Called with the height and the width of the image at each scale.
    """
    places, values = [], []
    for k in range(n_scales):
        height, width = (max(1, round(n * 2 ** (-k / 2))) for n in shape[:2])
        if k > 0 and min(height, width) < bin_extent(bin_size):
            break
        centres, described = describe(height, width)
        places.append(places_of(centres, (height, width), k / n_scales))
        values.append(described)
    return Described(np.concatenate(places), np.concatenate(values))
