"""Square colour patches of an image, at every position: cut out, contrast-normalised, whitened."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from handcraft.data.decode import Image

Floats = NDArray[np.float32]

WHITENING_FLOOR = 0.1
"""Added to the variance along each axis, as a share of the mean over all axes."""

SMALLEST_VARIANCE = 0.05
"""Axes along which patches vary less than this share of the mean over all axes are left out:
beside the floor they would count for little."""


TINY = 1e-12
"""Stands for the spread of patches that are all alike."""


class Whitening(NamedTuple):
    """What whitening patches needs: z = (x - mean) @ axes."""

    mean: Floats
    """(n_values,)."""

    axes: Floats
    """(n_values, n_axes): principal axes, each divided by the spread along it."""


def dense_patches(image: Image, side: int) -> Floats:
    """Return all patches of side x side pixels, at every position.

    Parameters
    ----------
    image
        uint8 (height, width, 3), no smaller than a patch.

    Returns
    -------
    patches
        float32 (n_rows * n_columns, side * side * 3), from 0 to 255, where n_rows = height - side +
        1; positions row by row, and within a patch the pixels row by row, each R, G, B.
    """
    height, width, n_channels = image.shape
    lines = image.astype(np.float32).reshape(height, width * n_channels)
    windows = sliding_window_view(lines, (side, side * n_channels))[:, ::n_channels]
    return windows.reshape(-1, side * side * n_channels)


def normalise_contrast(patches: Floats, floor: float) -> Floats:
    """Return (x - mean(x)) / sqrt(var(x) + floor) for each patch x.

    Brightness is gone. Contrast is gone where it is much above the floor; a patch with much less
    stays as small as it is, so that noise is not blown up.

    Parameters
    ----------
    patches
        float32 (n_patches, n_values), from 0 to 255.
    floor
        In squared grey levels, more than 0.

    Notes
    -----
    Coates & Ng, "Learning Feature Representations with K-means", 2012, section 2, where the floor
    is 10.
    """
    centred: Floats = patches - patches.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", centred, centred) / np.float32(patches.shape[1])
    centred /= np.sqrt(variance + np.float32(floor))[:, None]
    return centred


def learn_whitening(
    patches: Floats, floor: float = WHITENING_FLOOR, smallest: float = SMALLEST_VARIANCE
) -> Whitening:
    """Find the axes along which patches vary independently, and the spread along them.

    With l the variance along an axis and m the mean of all l, the spread is sqrt(l + floor m).

    Parameters
    ----------
    patches
        float32 (n_patches, n_values).
    floor
        Keeps fine detail, which varies little and is mostly noise, from being blown up.
    smallest
        Axes of l <= smallest m are left out; one is always kept.

    Notes
    -----
    This is PCA whitening. The ZCA whitening of Coates, Lee & Ng, "An Analysis of Single-Layer
    Networks in Unsupervised Feature Learning", 2011, turns the result back to pixels, and no
    distance, mean or k-means depends on a turn. Axes of little variance are left out, which they
    did not do: half of the work goes with them, and most of it in grey images, whose three
    channels are equal.
    """
    mean = patches.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = patches - mean
    covariance = (centred.T @ centred).astype(np.float64) / len(patches)
    variances, axes = np.linalg.eigh(covariance)
    kept = variances > smallest * variances.mean()
    kept[-1] = True  # eigh sorts: the last is the largest
    spread = np.sqrt(np.maximum(variances[kept] + floor * variances.mean(), TINY))
    return Whitening(mean, (axes[:, kept] / spread).astype(np.float32))


def whiten(patches: Floats, whitening: Whitening) -> Floats:
    """Return (patches - mean) @ axes: float32 (n_patches, n_axes)."""
    centred: Floats = patches - whitening.mean
    return centred @ whitening.axes
