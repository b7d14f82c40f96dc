"""Thumbnails of image files, as data URLs embedded in a page, and the choice of images."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DEFAULTS, DecodeError, DecodeOptions, Image, read_image

JPEG_QUALITY = 82
"""JPEG quality: a thumbnail of 64 pixels takes about 2 kB, without visible artefacts."""


def evenly_spread(n_images: int, n_most: int) -> NDArray[np.intp]:
    """Return up to `n_most` evenly spread indices of `n_images` images.

    >>> evenly_spread(10, 5).tolist(), evenly_spread(2, 5).tolist()
    ([0, 2, 4, 6, 8], [0, 1])
    """
    n_shown = min(n_images, n_most)
    return np.arange(n_shown) * n_images // n_shown


def thumbnail_url(path: Path, side: int, decoding: DecodeOptions = DEFAULTS) -> str | None:
    """Return an image file, shrunk to a longer side of `side` pixels, as a data URL.

    Smaller images keep their size. None if the file no longer decodes.
    """
    try:
        image = read_image(path, decoding)
    except (DecodeError, OSError):
        return None
    return image_url(shrunk(image, side))


def shrunk(image: Image, side: int) -> Image:
    """Return an image with a longer side of at most `side` pixels, by area averaging.

    uint8 (height, width, 3); the image itself where it is no larger.
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def image_url(image: Image) -> str:
    """Return an image, uint8 (height, width, 3), as a JPEG data URL."""
    encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode()
