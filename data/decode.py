"""Image files to RGB arrays: what a person sees in a viewer, or an error that names the file."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.ExifTags import Base as ExifTag
from PIL.Image import Transpose

Image = NDArray[np.uint8]
"""An RGB image: uint8 of shape (height, width, 3)."""

MAX_PIXELS = 100_000_000
"""The largest image that is decoded, in pixels: it takes about 1 GB of memory while decoding."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""Pillow's names of the formats that are read, whatever the file is called."""

_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What turns the pixels upright, for each EXIF orientation that needs it."""


class DecodeError(ValueError):
    """An image file that cannot be read.

    Parameters
    ----------
    path
        The file, as the user would name it.
    reason
        What is wrong with it.
    remedy
        What the user can do about it.
    """

    def __init__(self, path: str, reason: str, remedy: str = "replace or remove it") -> None:
        super().__init__(path, reason, remedy)
        self.path = path
        self.reason = reason
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}; {self.remedy}"


@dataclass(frozen=True)
class ImageInfo:
    """What is known of an image that decodes.

    `digest` is the BLAKE2b hash (16 bytes, in hexadecimal) of the file's bytes. `height` and
    `width` are those of the upright image. `is_grey` says that the three channels are equal.
    """

    digest: str
    height: int
    width: int
    is_grey: bool


def read_image(path: Path) -> Image:
    """Read and decode one file; see `decode`."""
    return decode(_read_bytes(path), str(path))


def inspect_image(path: Path) -> ImageInfo:
    """Decode one file whole, so that whoever reads it later can rely on it.

    Raises
    ------
    DecodeError
        If the file cannot be read or does not decode.
    """
    content = _read_bytes(path)
    image = decode(content, str(path))
    red, green, blue = np.moveaxis(image, -1, 0)
    return ImageInfo(
        digest=hashlib.blake2b(content, digest_size=16).hexdigest(),
        height=image.shape[0],
        width=image.shape[1],
        is_grey=np.array_equal(red, green) and np.array_equal(green, blue),
    )


def decode(content: bytes, name: str) -> Image:
    """Decode an image file's bytes to uint8 (height, width, 3), RGB, upright.

    Grey becomes three equal channels. 16-bit values v are scaled to within one level of v / 257:
    they keep their high byte, except that colour PPM is rounded. What is transparent, by alpha
    channel, palette or colour key, lies on white. EXIF orientation is applied. CMYK is converted.
    Of several frames or pages, the first is taken. The same bytes give the same pixels everywhere.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        What errors call the file.

    Raises
    ------
    DecodeError
        If `content` is empty, is in none of `FORMATS`, has more than `MAX_PIXELS` pixels (found
        in the header, before anything is decoded), has 32-bit pixels (which have no defined
        white), or is damaged or cut short.

    Notes
    -----
    Pillow decodes, and not the somewhat faster `cv2.imdecode` (equal pixels for JPEG): OpenCV
    neither composites nor reads every format, and its libpng and libjpeg write to the standard
    error about each odd file, which nothing but redirecting the descriptor can stop.

    A JPEG whose bytes were changed, but not cut short, decodes to a distorted image. The format
    holds nothing to tell it by.

    Colour profiles (ICC) and PNG gamma are not applied.
    """
    if not content:
        raise DecodeError(name, "the file is empty (0 bytes)")
    with warnings.catch_warnings(action="ignore"):  # about oddities in files that decode
        image = _open(content, name)
        try:
            _load(image, content)
            bit_depth = content[24] if image.format == "PNG" else 8  # the ninth byte of PNG's IHDR
            return rgb_pixels(image, bit_depth)
        except Exception as error:  # Pillow's parsers raise whatever they stumble over
            raise DecodeError(
                name, f"damaged or cut short {image.format} image ({error})"
            ) from None


def rgb_pixels(image: PIL.Image.Image, bit_depth: int) -> Image:
    """Return a loaded image's pixels as `decode` does: RGB, upright, on white.

    `bit_depth` is the scale of the colour key that stands for "transparent", if there is one.
    """
    return _to_rgb(_turn_upright(image), _colour_key(image, bit_depth))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DecodeError(str(path), reason, "check that the file is there and readable") from None


def _open(content: bytes, name: str) -> PIL.Image.Image:
    """Read the header, and refuse what should not be decoded."""
    too_large = DecodeError(name, f"more than {MAX_PIXELS:,} pixels", "make the image smaller")
    try:
        image = PIL.Image.open(io.BytesIO(content), formats=FORMATS)
    except PIL.UnidentifiedImageError:
        reason = f"not an image, or its header is damaged (known formats: {', '.join(FORMATS)})"
        raise DecodeError(name, reason) from None
    except PIL.Image.DecompressionBombError:  # Pillow's own limit is above ours
        raise too_large from None
    except Exception as error:  # Pillow's parsers raise whatever they stumble over
        raise DecodeError(name, f"damaged header ({error})") from None
    if image.width * image.height > MAX_PIXELS:
        raise too_large
    if image.mode in ("I", "F") and image.format != "PPM":
        reason = f"32-bit {image.format} pixels have no defined white"
        raise DecodeError(name, reason, "save it with 8 or 16 bits per channel")
    return image


def _load(image: PIL.Image.Image, content: bytes) -> None:
    """Decode the pixels of the first frame, and check all there is to check."""
    image.load()
    if image.format == "PNG":  # loading does not look at the checksums of the pixel data
        PIL.Image.open(io.BytesIO(content), formats=("PNG",)).verify()


def _turn_upright(image: PIL.Image.Image) -> PIL.Image.Image:
    """Apply the EXIF orientation; an image whose EXIF data cannot be read is taken as upright."""
    try:
        orientation = image.getexif().get(ExifTag.Orientation)
    except Exception:  # Pillow's parsers raise whatever they stumble over
        return image
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _colour_key(image: PIL.Image.Image, bit_depth: int) -> NDArray[np.intp] | None:
    """Return the grey or RGB value that stands for "transparent" on the scale of the pixels.

    The file gives it on the scale of its bit depth, while Pillow stretches 1, 2 and 4 bits to 8
    and keeps the high byte of 16-bit colour, where all colours with the key's high bytes are
    then transparent.
    """
    key = image.info.get("transparency")
    if key is None or image.mode in ("P", "PA"):  # a palette's transparency becomes alpha
        return None
    values: NDArray[np.intp] = np.atleast_1d(key)
    if bit_depth < 16:
        values = values * 255 // (2**bit_depth - 1)
    elif image.mode == "RGB":
        values = values >> 8
    return values


def _to_rgb(image: PIL.Image.Image, colour_key: NDArray[np.intp] | None) -> Image:
    """Bring pixels of any mode to RGB, on white."""
    if image.mode in ("P", "PA", "La", "LA", "RGBa", "RGBA") and image.has_transparency_data:
        white = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    elif image.mode not in ("L", "RGB") and not image.mode.startswith("I"):
        image = image.convert("RGB")
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[..., np.newaxis]
    transparent = None if colour_key is None else (pixels == colour_key).all(axis=-1)
    if pixels.dtype != np.uint8:
        pixels = pixels >> 8
    rgb = np.broadcast_to(pixels, (*pixels.shape[:2], 3)).astype(np.uint8, order="C")
    if transparent is not None:
        rgb[transparent] = 255
    return rgb
