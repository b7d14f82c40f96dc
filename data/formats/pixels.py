"""From a loaded Pillow image of any mode to RGB pixels: upright, in sRGB, on white."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.ExifTags import Base as ExifTag

from handcraft.data.formats.colour import apply_calibration, apply_profile
from handcraft.data.formats.opening import Source

Image = NDArray[np.uint8]
"""An RGB image: uint8 of shape (height, width, 3)."""

FULL_WHITE = 65535
"""The largest value of 16 bits."""

_UPRIGHT: dict[int, Callable[[Image], Image]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""The transform to upright, for each EXIF orientation that needs one."""

_LYING = (5, 6, 7, 8)
"""The orientations that swap width and height."""


def to_rgb(source: Source, white: int = FULL_WHITE) -> tuple[Image, int | None]:
    """Return the pixels, and the largest value in the file if it has 16 bits per channel.

    `white` is the 16-bit value that becomes 255. Pillow keeps only the high byte of 16-bit colours,
    which limits the precision of the largest value; for another white, OpenCV reads them in full.
    """
    image = source.image
    transparent = _colour_keyed(image, source.bit_depth)
    peak = None
    if image.mode.startswith("I"):
        deep = np.asarray(image)
        peak = int(deep.max())
        image = PIL.Image.fromarray(scaled_to_8_bits(deep, white))
    elif source.bit_depth == 16 and image.mode in ("RGB", "RGBA"):
        peak = 256 * int(np.asarray(image)[..., :3].max()) + 255
        if white != FULL_WHITE:
            image = _deep_colours(source.content, white)
    colour, alpha, premultiplied = _split(image)
    if source.profile:
        colour = apply_profile(colour, source.profile)
    # Pillow copies even without a conversion.
    colour = colour if colour.mode in ("L", "RGB") else colour.convert("RGB")
    pixels = np.atleast_3d(np.asarray(colour))
    if source.calibration:
        pixels = apply_calibration(pixels, source.calibration)
    if alpha is not None:
        pixels = on_white(pixels, alpha, premultiplied)
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3)).copy()
    if transparent is not None:
        rgb[transparent] = 255
    turn = _UPRIGHT.get(_orientation(source))
    return rgb if turn is None else np.ascontiguousarray(turn(rgb)), peak


def upright_size(source: Source) -> tuple[int, int]:
    """Return the height and width of the upright image in the file."""
    width, height = source.size
    return (width, height) if _orientation(source) in _LYING else (height, width)


def scaled_to_8_bits(values: NDArray[np.integer], white: int = FULL_WHITE) -> NDArray[np.uint8]:
    """Return ``255 * values / white``, rounded, with larger values clipped to 255."""
    kept = np.minimum(values, white).astype(np.uint32)
    return np.asarray((kept * 255 + white // 2) // white, np.uint8)


def on_white(
    pixels: NDArray[np.uint8], alpha: NDArray[np.uint8], premultiplied: bool = False
) -> NDArray[np.uint8]:
    """Composite pixels (height, width, n_channels) with alpha (height, width) on white, rounded."""
    opacity = alpha[..., np.newaxis].astype(np.uint32)
    colour = pixels * np.uint32(255) if premultiplied else pixels * opacity
    laid = (colour + 255 * (255 - opacity) + 127) // 255
    return np.asarray(np.minimum(laid, 255), np.uint8)


def _orientation(source: Source) -> int:
    """Return the EXIF orientation; ignored in WebP, as by browsers.

    An image with unreadable EXIF data is treated as upright.
    """
    if source.format == "WEBP":
        return 1
    try:
        return int(source.image.getexif().get(ExifTag.Orientation, 1))
    except Exception:  # Pillow's parsers raise all kinds of exceptions
        return 1


def _deep_colours(content: bytes, white: int) -> PIL.Image.Image:
    """Read colours of 16 bits in full, and scale them: mode RGB or RGBA."""
    deep = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED))
    colours = scaled_to_8_bits(deep[..., 2::-1], white)  # OpenCV's order is BGR
    return PIL.Image.fromarray(np.dstack([colours, scaled_to_8_bits(deep[..., 3:])]))


def _split(
    image: PIL.Image.Image,
) -> tuple[PIL.Image.Image, NDArray[np.uint8] | None, bool]:
    """Return colour (mode L, RGB or CMYK), alpha, and whether colour is multiplied by alpha."""
    if image.mode in ("P", "PA") and image.has_transparency_data:
        image = image.convert("RGBA")
    if image.mode in ("LA", "RGBA"):
        *_, alpha = image.split()
        return image.convert(image.mode[:-1]), np.asarray(alpha), False
    if image.mode in ("La", "RGBa"):
        *channels, alpha = image.split()
        return PIL.Image.merge(image.mode[:-1], channels), np.asarray(alpha), True
    if image.mode in ("L", "RGB", "CMYK"):
        return image, None, False
    return image.convert("RGB"), None, False


def _colour_keyed(image: PIL.Image.Image, bit_depth: int) -> NDArray[np.bool_] | None:
    """Return a mask of the pixels with the grey or RGB value that means "transparent".

    In the file it is on the scale of the bit depth, while Pillow stretches 1, 2 and 4 bits to 8 and
    keeps the high byte of 16-bit colour, so that all colours with the key's high bytes are
    transparent.
    """
    key = image.info.get("transparency")
    if key is None or image.mode not in ("1", "L", "RGB", "I", "I;16", "I;16B", "I;16L"):
        return None  # a palette's transparency becomes alpha
    values: NDArray[np.intp] = np.atleast_1d(key)
    if bit_depth < 16:
        values = values * 255 // (2**bit_depth - 1)
    elif image.mode == "RGB":
        values = values >> 8
    pixels = np.asarray(image.convert("L") if image.mode == "1" else image)
    return np.asarray(np.all(np.atleast_3d(pixels) == values, axis=-1))
