"""Local colour statistics: mean and standard deviation of L, a, b in 4 x 4 bins around points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Described, Descriptor, Indices, mirror_order
from handcraft.features.local.grid import (
    N_BINS,
    Located,
    ScaledGrid,
    describe_scales,
    gather_squares,
    grid_centres,
    grid_shape,
)

N_STATISTICS = 6
N_VALUES = N_BINS * N_BINS * N_STATISTICS


@dataclass(frozen=True)
class LabStatistics(ScaledGrid, Descriptor):
    """The colours of squares as in `ScaleSift`; see `ScaledGrid`."""

    kind: ClassVar[str] = "lab-statistics"
    n_values: ClassVar[int] = N_VALUES
    mirror_order: ClassVar[Indices] = mirror_order(N_BINS, N_BINS, N_STATISTICS)

    def convert(self, image: Image) -> Image:
        """Return the image in Lab: L, a, b as OpenCV scales them to 0..255."""
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8)

    def describe(self, image: Image) -> Described:
        """Describe an image in Lab; values are from 0 to 255."""
        step, bin_size = self.grid(max(image.shape[:2]))
        sums = cv2.integral2(image)
        return describe_scales(
            image.shape,
            self.n_scales,
            bin_size,
            lambda height, width: lab_statistics(sums, (height, width), step, bin_size),
        )


def lab_statistics(
    sums: Sequence[NDArray[Any]], shape: tuple[int, int], step: int, bin_size: int
) -> Located:
    """Describe the colours of the squares described by `dense_sift`.

    Parameters
    ----------
    sums
        Sums over all pixels above and to the left, (height + 1, width + 1, 3): of L, a, b, scaled
        to 0..255 by OpenCV, and of their squares. Viola & Jones, "Rapid Object Detection using a
        Boosted Cascade of Simple Features", 2001, doi:10.1109/CVPR.2001.990517 (integral images).
    shape
        Height and width of the image, possibly scaled down, to whose pixels the rest refers.
    step
        Pixels between neighbouring grid points, in x and in y.
    bin_size
        Width of one of the 4 x 4 spatial bins in pixels.

    Returns
    -------
    centres
        float32 (n, 2): x, y in pixels, those of `dense_sift`.
    colours
        float32 (n, 96), indexed [bin row, bin column, value], where the values are the means of
        L, a, b and their standard deviations over the pixels of the bin inside the unscaled image.

    Notes
    -----
    Clinchant, Csurka, Perronnin & Renders, "XRCE's Participation to ImagEval", 2007 (local colour
    statistics). Departure: Lab instead of RGB.
    """
    grid = grid_shape(shape, step, bin_size)
    if 0 in grid:
        return np.zeros((0, 2), np.float32), np.zeros((0, N_VALUES), np.float32)
    # Bins start at multiples of the greatest common divisor of step and bin size.
    spacing = gcd(step, bin_size)
    (top, bottom), (left, right) = (
        _bin_edges(full - 1, scaled, bin_size, spacing)
        for full, scaled in zip(sums[0].shape, shape, strict=False)
    )
    n_pixels = np.outer(bottom - top, right - left)[:, :, None]
    strips = (table[bottom] - table[top] for table in sums)
    mean, square = (
        (strip.take(right, axis=1) - strip.take(left, axis=1)) / n_pixels for strip in strips
    )
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    statistics = np.concatenate([mean, deviation], axis=2, dtype=np.float32)
    colours = gather_squares(statistics, grid, step // spacing, bin_size // spacing)
    return grid_centres(grid, step, bin_size), colours


def _bin_edges(n_pixels: int, n_scaled: int, bin_size: int, spacing: int) -> NDArray[np.intp]:
    """Return the starts and ends of bins in an image's pixels: (2, n_bins).

    Bins are centred at every `spacing` scaled pixels.
    """
    begin = np.arange(0, n_scaled, spacing) - bin_size // 2
    edges = np.rint(np.stack([begin, begin + bin_size]) * (n_pixels / n_scaled))
    return np.asarray(edges.clip(0, n_pixels), np.intp)


def has_colour(image: Image) -> bool:
    """Return whether any pixel is not grey, that is, has different R, G and B."""
    return bool((image != image[:, :, :1]).any())
