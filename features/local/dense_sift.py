"""SIFT descriptors on a dense grid, from planes of gradient components."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

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
CLIP = 0.2
"""The largest value of a unit vector before it is scaled again (Lowe 2004, section 6.1)."""

BIN_WEIGHTS = (0.747955, 0.950736, 0.950736, 0.747955)
"""Mean over a triangular bin, centred 1.5 and 0.5 bins away, of a Gaussian of sigma 2 bins."""


def dense_sift(grey: Floats, step: int, bin_size: int, min_contrast: float = 0.0) -> Located:
    """Describe the squares of 4 x 4 bins whose corner bin centres lie on a grid.

    1. Split each pixel's gradient between the two nearest of eight orientations.
    2. Average each orientation plane with a triangular window of half-width `bin_size`.
    3. Gather 4 x 4 averages for each grid point, weighted by the Gaussian window.
    4. Scale to length 1, clip at 0.2, scale to length 1.

    Parameters
    ----------
    grey
        float32 (height, width), any range; smooth it first to describe a coarser scale.
    step
        Pixels between neighbouring grid points, in x and in y.
    bin_size
        Width of one of the 4 x 4 spatial bins in pixels. OpenCV's keypoint of size `s` has bins
        of 1.5 s pixels.
    min_contrast
        A descriptor whose length before normalisation is at most this, in grey levels per pixel,
        becomes all zeros: it would show noise as strongly as structure.

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
    spacing = _spacing(step, bin_size)
    averages = _bin_averages(grey, bin_size, spacing)
    raw = gather_squares(averages, grid, step // spacing, bin_size // spacing, BIN_WEIGHTS)
    return grid_centres(grid, step, bin_size), unit_descriptors(raw, min_contrast)


def direction_planes(grey: Floats, margin: int = 0) -> Iterator[Floats]:
    """Yield eight planes: each gradient's component in the direction of 45 k degrees, y upwards.

    A gradient lies between a multiple of 90 degrees and a diagonal. Its component along the first
    is the difference of its two absolute slopes, along the diagonal sqrt(2) times the smaller.

    Parameters
    ----------
    grey
        float32 (height, width). Slopes are central differences; outside the border pixel repeats.
    margin
        Rows and columns of zeros to add below and to the right.

    Yields
    ------
    plane
        float32 (height + margin, width + margin) in grey levels per pixel, at least 0; the next
        plane overwrites it, because fresh memory costs as much time as the arithmetic.
    """
    east, north = _slopes(grey, margin)
    plane, across = np.empty_like(east), np.empty_like(east)
    for _ in range(4):
        np.abs(north, out=across)
        np.maximum(east, across, out=plane)
        plane -= across
        yield plane
        np.minimum(east, north, out=plane)
        # numpy's maximum of an array and a number takes four times as long.
        cv2.threshold(plane, 0, 0, cv2.THRESH_TOZERO, dst=plane)
        plane *= np.float32(sqrt(2))
        yield plane
        east, north = north, np.negative(east, out=east)


def _slopes(grey: Floats, margin: int) -> tuple[Floats, Floats]:
    border = cv2.BORDER_REPLICATE
    east = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=0.5, borderType=border)
    north = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=-0.5, borderType=border)
    if margin:
        east, north = (
            cv2.copyMakeBorder(slope, 0, margin, 0, margin, cv2.BORDER_CONSTANT)
            for slope in (east, north)
        )
    return np.asarray(east, np.float32), np.asarray(north, np.float32)


def _spacing(step: int, bin_size: int) -> int:
    """Return the pixels between averages: both are multiples of it.

    The fewer averages the better, but windows of more than 7 pixels take longer than is saved.
    """
    spacing = gcd(step, bin_size)
    while spacing > 4 and spacing % 2 == 0:
        spacing //= 2
    return spacing


def _bin_averages(grey: Floats, bin_size: int, spacing: int) -> Floats:
    """Average orientation planes over triangular windows centred at every `spacing` pixels.

    Returns (rows, columns, 8). A triangle of half-width `bin_size` is one of half-width `spacing`
    followed, on the grid of every `spacing` pixels, by one of half-width `bin_size / spacing`:
    the second step then works on few values. The grid goes one point beyond the image, where a
    narrow window still reaches the last pixels.
    """
    fine, coarse = _triangle(spacing), _triangle(bin_size // spacing)
    margin = spacing - 1
    shape = [(side + margin - 1) // spacing + 1 for side in grey.shape]
    grid = np.empty((*shape, N_ORIENTATIONS), np.float32)
    smooth = np.empty([side + margin for side in grey.shape], np.float32)
    for k, plane in enumerate(direction_planes(grey, margin)):
        at_grid = _filter(plane, fine, smooth)[::spacing, ::spacing] if margin else plane
        grid[:, :, k] = _filter(at_grid, coarse)
    return grid


def _triangle(half_width: int) -> Floats:
    """Return the triangular window over `2 half_width - 1` pixels; its sum is 1."""
    offsets = np.arange(1 - half_width, half_width)
    return ((half_width - np.abs(offsets)) / half_width**2).astype(np.float32)


def _filter(plane: Floats, kernel: Floats, out: Floats | None = None) -> Floats:
    filtered = cv2.sepFilter2D(plane, -1, kernel, kernel, out, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(filtered, np.float32)


def unit_descriptors(descriptors: Floats, min_contrast: float) -> Floats:
    """Scale rows to length 1, clip at 0.2, scale again, in place; flat rows become zeros."""
    lengths = _lengths(descriptors)
    descriptors *= _reciprocals(lengths, where=lengths > min_contrast)
    cv2.threshold(descriptors, CLIP, 0, cv2.THRESH_TRUNC, dst=descriptors)
    clipped = _lengths(descriptors)
    descriptors *= _reciprocals(clipped, where=clipped > 0)
    return descriptors


def _reciprocals(values: Floats, where: NDArray[np.bool_]) -> Floats:
    """Return 1 / values, and 0 elsewhere."""
    return np.divide(1, values, out=np.zeros_like(values), where=where)


def _lengths(rows: Floats) -> Floats:
    """Return the Euclidean lengths of the rows, as a column."""
    lengths: Floats = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return lengths
