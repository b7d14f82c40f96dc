"""Images in any accepted form, converted to uint8 (height, width, 3); a lazy sequence of files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from types import EllipsisType
from typing import Any, overload

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from handcraft.data.decode import read_image
from handcraft.data.formats.colour import Calibration
from handcraft.data.formats.opening import Source, loaded
from handcraft.data.formats.pixels import Image, on_white, scaled_to_8_bits, to_rgb
from handcraft.data.remote import located

_EXPECTED = (
    "expected a path, a PIL image, or an array of shape (height, width) or (height, width, 1, 3 or "
    "4) of uint8, uint16, bool, or float in [0, 1]"
)

Indices = slice | NDArray[Any] | Sequence[int] | tuple[Any, EllipsisType]
"""Indices of several images; scikit-learn indexes objects with a shape by ``indices, ...``."""


class ImageFiles(Sequence[Image]):
    """The images of `paths`, each decoded on every access, so that none stays in memory.

    A slice, an array of indices or a mask gives another `ImageFiles`, without decoding anything:
    together with `shape`, this lets scikit-learn's splitters and searches select folds.

    Raises
    ------
    DecodeError
        On access, if the image does not decode.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)

    @property
    def shape(self) -> tuple[int]:
        """The number of images, like the shape of an array of images."""
        return (len(self.paths),)

    def __len__(self) -> int:
        return len(self.paths)

    def __repr__(self) -> str:
        return f"<ImageFiles: {len(self):,} images>"

    @overload
    def __getitem__(self, index: int | np.integer[Any]) -> Image: ...
    @overload
    def __getitem__(self, index: Indices) -> ImageFiles: ...
    def __getitem__(self, index: int | np.integer[Any] | Indices) -> Image | ImageFiles:
        chosen = np.arange(len(self))[index]
        if chosen.ndim == 0:
            return read_image(self.paths[chosen])
        return ImageFiles([self.paths[i] for i in chosen])


def as_image(value: object) -> Image:
    """Return an image as uint8 (height, width, 3), RGB.

    Grey becomes three equal channels, uint16 v becomes v / 257, float v becomes 255 v (both
    rounded), and transparency is composited on white. Files and PIL images are treated as by
    `decode.decode`.

    Parameters
    ----------
    value
        A path, a PIL image, or an array (height, width) or (height, width, 1 | 3 | 4), grey, RGB
        or RGBA, of uint8, uint16, bool, or float in [0, 1].

    Raises
    ------
    TypeError
        If `value` is none of these, or an array of another number type.
    ValueError
        If an array has another shape, no pixels, NaN, or values out of [0, 1]. A file that does
        not decode gives `DecodeError`, which is a ValueError.
    """
    if isinstance(value, str | os.PathLike):
        return read_image(located(value))
    if isinstance(value, PIL.Image.Image):
        return _of_pil(value)
    if not hasattr(value, "__array__"):
        raise TypeError(f"got {type(value).__name__} for an image; {_EXPECTED}")
    return _of_array(np.asarray(value))


def _of_pil(image: PIL.Image.Image) -> Image:
    if image.mode in ("I", "F"):
        raise ValueError(
            f"got a PIL image of mode {image.mode!r}, which has no defined white; pass an array of "
            "its values, divided by what is white"
        )
    if 0 in image.size:
        raise ValueError(f"got an image without pixels, of size {image.size}")
    pixels = loaded(image)
    bit_depth = 16 if image.mode.startswith("I") else 8
    profile, gamma = image.info.get("icc_profile"), image.info.get("gamma")
    calibration = None
    if gamma and not profile and "srgb" not in image.info:
        calibration = Calibration(gamma, image.info.get("chromaticity"))
    source = Source(pixels, image.format or "", image.size, bit_depth, profile, calibration)
    return to_rgb(source)[0]


def _of_array(array: NDArray[Any]) -> Image:
    if array.dtype.kind not in "bf" and array.dtype not in (np.uint8, np.uint16):
        raise TypeError(f"got an array of {array.dtype} for an image; {_EXPECTED}")
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)):
        raise ValueError(f"got an array of shape {array.shape} for an image; {_EXPECTED}")
    if array.size == 0:
        raise ValueError(f"got an image without pixels, of shape {array.shape}")
    if array.dtype == np.uint8 and array.shape[2:] == (3,):
        return array
    pixels = np.atleast_3d(_levels(array))
    if pixels.shape[2] == 4:
        pixels = on_white(pixels[..., :3], pixels[..., 3])
    return np.broadcast_to(pixels, (*pixels.shape[:2], 3)).copy()


def _levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Convert any number type to 0 to 255."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return scaled_to_8_bits(array)
    lowest, highest = array.min(), array.max()
    if not (lowest >= 0 and highest <= 1):  # NaN compares as False
        raise ValueError(
            f"got values from {lowest:g} to {highest:g} in an image of {array.dtype}; "
            "expected 0 to 1, so divide by the largest possible value, or pass uint8"
        )
    return np.rint(array.astype(np.float32) * 255).astype(np.uint8)
