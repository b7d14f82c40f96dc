"""Attribution: distribution of the values of a row over the pixels that they come from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.data.decode import Image
from handcraft.features.base import Extractor

PixelMap = NDArray[np.float64]
"""A value for each pixel of an image: (height, width)."""


def pixel_shares(extractor: Extractor, image: Image, weights: NDArray[np.float64]) -> PixelMap:
    """Distribute the inner product of an image's row and some weights over the image's pixels.

    With the weights of a linear classifier this attributes its score to pixels. A value of the row
    that is a sum over pixels or descriptors is distributed by their contributions. One that is a
    root of a sum, or scaled to a common length, is distributed in the same proportions: the values
    are exact, their distribution over pixels is this convention.

    Parameters
    ----------
    extractor
        Fitted.
    image
        uint8 (height, width, 3).
    weights
        (n_features,).

    Returns
    -------
    PixelMap
        float64 (height, width). Its sum is the inner product up to rounding in float32, except for
        constants, such as the mean that a concatenation subtracts, and for extractors without
        attribution.
    """
    with single_threaded():
        shares = extractor._pixel_shares(image, weights)
        if extractor.mirror:
            mirrored = np.ascontiguousarray(image[:, ::-1])
            shares = (shares + extractor._pixel_shares(mirrored, weights)[:, ::-1]) / 2
    return shares


def overlaps(n: int, n_parts: int) -> NDArray[np.float64]:
    """Return the share of each of n pixels of a line in each of `n_parts` equal parts of it.

    float64 (n_parts, n), from 0 to 1; the shares of a pixel add up to 1.

    Examples
    --------
    >>> overlaps(3, 2).tolist()
    [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]
    """
    edges = np.arange(n_parts + 1) * n / n_parts
    pixels = np.arange(n)
    first = np.maximum(pixels, edges[:-1, None])
    last = np.minimum(pixels + 1, edges[1:, None])
    parts: NDArray[np.float64] = np.maximum(last - first, 0)
    return parts


def spread(amounts: NDArray[np.float64], height: int, width: int) -> PixelMap:
    """Resize a map of amounts and keep their sum, with amounts evenly distributed over areas.

    Parameters
    ----------
    amounts
        float64 (any height, any width).

    Examples
    --------
    >>> spread(np.array([[1.0, 4.0]]), height=1, width=4).tolist()
    [[0.5, 0.5, 2.0, 2.0]]
    """
    rows, columns = (overlaps(n, m) for n, m in zip(amounts.shape, (height, width), strict=True))
    laid: PixelMap = rows @ amounts @ columns.T
    return laid


def at_places(
    amounts: NDArray[np.float64], places: NDArray[np.float32], height: int, width: int
) -> PixelMap:
    """Add up amounts (n,) at the pixels of their places, see `local.descriptor.Described`."""
    sides = np.array([width, height])
    x, y = np.clip((places[:, :2] * sides).astype(np.intp), 0, sides - 1).T
    sums = np.bincount(y * width + x, weights=amounts, minlength=height * width)
    return np.asarray(sums, np.float64).reshape(height, width)
