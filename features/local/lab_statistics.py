"""Local colour statistics: mean and spread of Lab in 4 x 4 bins around every point of a grid."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.sift import N_BINS, Keypoints

N_VALUES = N_BINS * N_BINS * 6


def local_colour(lab: Image, step: int, bin_size: int) -> Keypoints:
    """Describe the colours of the squares whose shapes `dense_sift` describes.

    Parameters
    ----------
    lab
        uint8 (height, width, 3): L, a, b as OpenCV scales them to 0..255.
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
        L, a, b and their standard deviations over the bin.

    Notes
    -----
    Clinchant, Csurka, Perronnin & Renders, "XRCE's Participation to ImagEval", 2007 (local colour
    statistics). Departure: Lab in place of RGB.
    """
    statistics = _bin_statistics(lab, bin_size)
    extent = 3 * bin_size + 1
    n_rows, n_columns = (max(0, (side - extent) // step + 1) for side in lab.shape[:2])
    if n_rows * n_columns == 0:
        return np.zeros((0, 2), np.float32), np.zeros((0, N_VALUES), np.float32)
    squares = sliding_window_view(statistics, (extent, extent), axis=(0, 1))
    bins = squares[::step, ::step, :, ::bin_size, ::bin_size]
    colours = np.ascontiguousarray(bins.transpose(0, 1, 3, 4, 2)).reshape(-1, N_VALUES)
    x, y = (1.5 * bin_size + step * np.arange(n, dtype=np.float32) for n in (n_columns, n_rows))
    centres = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)
    return centres, colours


def has_colour(image: Image) -> bool:
    """Tell whether any pixel is not grey, that is, has different R, G and B."""
    return bool((image != image[:, :, :1]).any())


def _bin_statistics(lab: Image, bin_size: int) -> NDArray[np.float32]:
    """Return mean and deviation of L, a, b around each pixel: float32 (height, width, 6)."""
    window = (bin_size, bin_size)
    mean = cv2.blur(lab.astype(np.float32), window, borderType=cv2.BORDER_REPLICATE)
    square = cv2.sqrBoxFilter(lab, cv2.CV_32F, window, borderType=cv2.BORDER_REPLICATE)
    variance = np.maximum(square - mean * mean, 0)
    return np.dstack([mean, np.sqrt(variance)]).astype(np.float32)
