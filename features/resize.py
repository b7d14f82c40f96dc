"""Resizes images of any size to squares of one size, so that extractors can process batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image

BATCH_PIXELS = 2**15
"""Pixels per batch: its working arrays stay within a core's second-level cache."""

SIZE_SAMPLE = 100
"""The most images whose sizes determine `median_shorter_side`."""


def resize(image: Image, height: int, width: int) -> Image:
    """Resize to (height, width): area averaging where it shrinks, linear where it grows.

    Area averaging uses every pixel, so that fine texture does not turn into moiré. The aspect
    ratio is not kept. An image that already has the size is returned unchanged.

    Parameters
    ----------
    image
        uint8 (any height, any width, 3).
    """
    rows, columns = image.shape[:2]
    smaller = (min(columns, width), min(rows, height))  # OpenCV wants (width, height)
    resized = image
    if smaller != (columns, rows):
        resized = _cv2_resize(resized, smaller, cv2.INTER_AREA)
    if smaller != (width, height):
        resized = _cv2_resize(resized, (width, height), cv2.INTER_LINEAR)
    return resized


def _cv2_resize(image: Image, size: tuple[int, int], interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=interpolation), dtype=np.uint8)


def square_batches(images: Sequence[Image], size: int) -> Iterator[NDArray[np.uint8]]:
    """Yield all images in order, resized to squares, as uint8 (n, size, size, 3) batches."""
    step = max(1, BATCH_PIXELS // size**2)
    for start in range(0, len(images), step):
        stop = min(start + step, len(images))
        yield np.stack([resize(images[i], size, size) for i in range(start, stop)])


def median_shorter_side(sizes: NDArray[np.intp], smallest: int, largest: int) -> int:
    """Return the median of the shorter sides, clipped to the two limits.

    Parameters
    ----------
    sizes
        (n_images, 2): height and width in pixels.

    Examples
    --------
    >>> median_shorter_side(np.array([[40, 60], [50, 30], [99, 99]]), smallest=32, largest=96)
    40
    """
    return int(np.clip(np.median(sizes.min(axis=1)), smallest, largest))
