"""SIFT descriptors on a dense grid, from planes of gradient components."""

from __future__ import annotations

from math import gcd, sqrt
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Floats
from handcraft.features.local.grid import (
    N_BINS,
    Located,
    gather_squares,
    grid_centres,
    grid_shape,
)

N_ORIENTATIONS = 8
N_VALUES = N_BINS * N_BINS * N_ORIENTATIONS
PLANE_UNITS = np.array([0.5, sqrt(0.5)] * 4, np.float32)
"""The unit of each of `direction_planes`, in grey levels per pixel."""

CLIP = 0.2
"""The largest value of a unit vector before it is scaled again (Lowe 2004, section 6.1)."""

BIN_WEIGHTS = np.array([0.747955, 0.950736, 0.950736, 0.747955], np.float32)
"""Mean over a triangular bin, centred 1.5 and 0.5 bins away, of a Gaussian of sigma 2 bins."""

VALUE_WEIGHTS = np.outer(np.outer(BIN_WEIGHTS, BIN_WEIGHTS), PLANE_UNITS).ravel()
"""(128,): the factor of each value, from its row and column of bins and the unit of its plane."""


def dense_sift(grey: Image, step: int, bin_size: int, min_contrast: float = 0.0) -> Located:
    """Describe the squares of 4 x 4 bins whose corner bin centres lie on a grid.

    1. Split each pixel's gradient between the two nearest of eight orientations.
    2. Average each orientation plane with a triangular window of half-width `bin_size`.
    3. Gather 4 x 4 averages for each grid point, weighted by the Gaussian window.
    4. Scale to length 1, clip at 0.2, scale to length 1.

    Parameters
    ----------
    grey
        uint8 (height, width); smooth it first to describe a coarser scale.
    step
        Pixels between neighbouring grid points, in x and in y.
    bin_size
        Width of one of the 4 x 4 spatial bins in pixels. OpenCV's keypoint of size `s` has bins
        of 1.5 s pixels.
    min_contrast
        A descriptor whose length before normalisation is at most this, in grey levels per pixel,
        becomes all zeros, as normalisation would amplify noise.

    Returns
    -------
    centres
        float32 (n, 2): x, y in pixels, row by row. All bin centres lie inside the image, so that
        `n = ((height - 1 - 3 bin_size) // step + 1) * ((width - 1 - 3 bin_size) // step + 1)`,
        and none where a side is too short.
    descriptors
        float32 (n, 128) of length 1 or 0, indexed [bin row, bin column, orientation] with the
        orientations counter-clockwise from the positive x axis, as OpenCV's at angle 0.

    Notes
    -----
    Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004, section 6,
    doi:10.1023/B:VISI.0000029664.99615.94. Departures:
    a gradient is split into its components along the two nearest orientations, instead of in
    proportion to its angle (at most 8 % more in total, and no arctangent); the Gaussian window
    weighs a whole bin by the window's mean over it, instead of each pixel (VLFeat's `dsift`,
    "flat window").
    """
    grid = grid_shape(grey.shape, step, bin_size)
    if 0 in grid:
        return np.zeros((0, 2), np.float32), np.zeros((0, N_VALUES), np.float32)
    spacing = gcd(step, bin_size)
    sums = _bin_sums(grey, bin_size, spacing)
    raw = gather_squares(sums, grid, step // spacing, bin_size // spacing)
    raw *= VALUE_WEIGHTS / np.float32(bin_size) ** 4
    return grid_centres(grid, step, bin_size), unit_descriptors(raw, min_contrast)


def direction_planes(grey: Image, height: int, width: int) -> Image:
    """Return eight planes: each gradient's component in the direction of 45 k degrees, y upwards.

    A gradient lies between a multiple of 90 degrees and a diagonal. Its component along the first
    is the difference of its two absolute slopes, along the diagonal sqrt(2) times the smaller.

    Parameters
    ----------
    grey
        uint8 (any height, any width). Slopes are central differences; border pixels are
        replicated.
    height, width
        Of a plane: at least those of the image, zeros below and to the right of it.

    Returns
    -------
    planes
        uint8 (8, height, width), in units of `PLANE_UNITS`.
    """
    framed = cv2.copyMakeBorder(grey, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    left, right = framed[1:-1, :-2], framed[1:-1, 2:]
    above, below = framed[:-2, 1:-1], framed[2:, 1:-1]
    steepness = [cv2.absdiff(right, left), cv2.absdiff(above, below)]
    # 8-bit differences are clipped at 0: of a slope and its opposite only one is left.
    pairs = ((right, left), (above, below), (left, right), (below, above))
    slopes = [cv2.subtract(ahead, behind) for ahead, behind in pairs]
    planes = np.zeros((N_ORIENTATIONS, height, width), np.uint8)
    inside = planes[:, : grey.shape[0], : grey.shape[1]]
    for k, slope in enumerate(slopes):
        cv2.subtract(slope, steepness[(k + 1) % 2], dst=inside[2 * k])
        cv2.min(slope, slopes[(k + 1) % 4], dst=inside[2 * k + 1])
    return planes


def _bin_sums(grey: Image, bin_size: int, spacing: int) -> Floats:
    """Sum orientation planes over triangular windows centred at every `spacing` pixels.

    Returns (rows, columns, 8): averages times the fourth power of `bin_size`. A triangle of
    half-width 6 is one of half-width 2, subsampled by 2, followed by one of half-width 3: windows
    are narrow, and most of them are applied to few values. The grid extends one point beyond the
    image, where the first windows still reach the last pixels.
    """
    bin_step = bin_size // spacing
    n_rows, n_columns = ((side + spacing - 2) // spacing + 1 for side in grey.shape)
    # Planes are stacked vertically, separated by as many zeros as a window reaches.
    n_between = n_rows + bin_step - 1
    planes = direction_planes(grey, n_between * spacing, (n_columns - 1) * spacing + 1)
    sums: NDArray[Any] = planes.reshape(-1, planes.shape[2])
    while spacing > 1:
        factor = 2 if spacing % 2 == 0 else spacing
        sums = _window_sums(sums, factor)[::factor, ::factor]
        spacing //= factor
    sums = _window_sums(sums, bin_step).reshape(N_ORIENTATIONS, n_between, n_columns)
    return sums[:, :n_rows].transpose(1, 2, 0)


def _window_sums(plane: NDArray[Any], half_width: int) -> Floats:
    """Return sums over triangular windows of `2 half_width - 1` pixels; zeros lie outside."""
    triangle = (half_width - np.abs(np.arange(1 - half_width, half_width))).astype(np.float32)
    filtered = cv2.sepFilter2D(
        plane, cv2.CV_32F, triangle, triangle, borderType=cv2.BORDER_CONSTANT
    )
    return np.asarray(filtered, np.float32)


def unit_descriptors(descriptors: Floats, min_contrast: float) -> Floats:
    """Scale rows to length 1, clip at 0.2, scale again, in place; flat rows become zeros."""
    lengths = _lengths(descriptors)
    # Clipping before scaling saves a pass.
    np.minimum(descriptors, np.float32(CLIP) * lengths, out=descriptors)
    clipped = _lengths(descriptors)
    some = (lengths > min_contrast) & (clipped > 0)
    descriptors *= np.divide(1, clipped, out=np.zeros_like(clipped), where=some)
    return descriptors


def _lengths(rows: Floats) -> Floats:
    """Return the Euclidean lengths of the rows, as a column."""
    # `inverse_lengths` adds up in another order: with either for both, the bits of rows change.
    lengths: Floats = np.sqrt(np.vecdot(rows, rows))[:, None]
    return lengths
