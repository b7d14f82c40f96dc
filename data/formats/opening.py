"""From an image file's bytes to a loaded Pillow image, with the meaning of its values."""

from __future__ import annotations

import io
import logging
import re
from dataclasses import dataclass, replace

import numpy as np
import PIL.Image
from PIL.ExifTags import Base as TiffTag
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from handcraft.data.errors import DecodeError
from handcraft.data.formats import bmp, jpeg, png
from handcraft.data.formats.colour import Calibration
from handcraft.data.formats.kinds import EXTRA, formats, is_unread_heif
from handcraft.data.formats.quiet import standard_error_captured

_log = logging.getLogger(__name__)
logging.getLogger("PIL").addHandler(logging.NullHandler())  # else it writes without a file's name

ENOUGH_LONG, ENOUGH_SHORT = 480, 192
"""Pixels of the longer and shorter side to keep: one and a half times the longest side used by
extractors, 320, and twice the largest square, 96. 640 is no better: on 600 photographs of 25
classes of Caltech-101, enlarged to 1,000 pixels, VLAD and an SVM reach 86.7 % with either (a
difference of 0.1 percentage points, with a standard error of 0.4)."""

_WRONG_PIXELS = re.compile(r"(\w*Decode\w*|JPEGLib): |.*: Using code not yet in table")
"""How libtiff says that it could not decode a part, even where it calls the image decoded. The last
is of LZW, under the name of the file alone."""


@dataclass(frozen=True)
class Source:
    """An image opened with Pillow, with properties that Pillow does not report.

    Parameters
    ----------
    image
        The first frame or page.
    format
        Pillow's name of the file's format; an MPO is a JPEG with others behind it.
    bit_depth
        The bits per channel in the file, on whose scale a PNG's colour key is.
    profile
        The ICC profile, if there is one.
    calibration
        The gamma and primaries of a PNG without a profile.
    content
        The bytes read by Pillow.
    size
        Width and height in the file; the image may be decoded at a fraction of them.
    """

    image: PIL.Image.Image
    format: str
    size: tuple[int, int]
    bit_depth: int = 8
    profile: bytes | None = None
    calibration: Calibration | None = None
    content: bytes = b""

    @property
    def n_pages(self) -> int:
        """The number of pages of a TIFF or images of an MPO; 1 for all others."""
        return getattr(self.image, "n_frames", 1) if self.image.format in ("TIFF", "MPO") else 1


def open_image(content: bytes, name: str, max_pixels: int, only_check: bool = False) -> Source:
    """Read the header, and refuse images that should not be decoded.

    With `only_check` the pixels of a whole JPEG are left out, see `jpeg.without_pixels`.

    Raises
    ------
    DecodeError
        If the header is damaged or of no known format, or the image has no pixels, more than
        `max_pixels`, or pixels of 32 bits.
    """
    try:
        source = _open(content, name, max_pixels, only_check)
    except DecodeError:
        raise
    except PIL.UnidentifiedImageError:
        if is_unread_heif(content):
            raise DecodeError(
                name, "a HEIF or AVIF file, for which a library is missing", EXTRA
            ) from None
        reason = f"not an image, or its header is damaged (known formats: {', '.join(formats())})"
        raise DecodeError(name, reason) from None
    except PIL.Image.DecompressionBombError:
        raise _too_large(name, min(max_pixels, 2 * (PIL.Image.MAX_IMAGE_PIXELS or 0))) from None
    except Exception as error:  # Pillow's parsers raise all kinds of exceptions
        raise damaged_error(name, error) from None
    image = source.image
    if 0 in image.size:
        raise damaged_error(name, f"{image.width} x {image.height} pixels")
    if image.width * image.height > max_pixels:
        raise _too_large(name, max_pixels)
    if image.mode == "F" or (image.mode == "I" and source.format not in ("PPM", "PNG")):
        reason = f"32-bit {source.format} pixels have no defined white"
        raise DecodeError(name, reason, "save it with 8 or 16 bits per channel")
    return source


def reduce(source: Source, only_check: bool = False) -> None:
    """Let a JPEG that is large enough be decoded at a half, a quarter or an eighth of its size.

    Its longer side keeps at least `ENOUGH_LONG` pixels, and its shorter side `ENOUGH_SHORT`; with
    `only_check`, the smallest size in grey is enough. Leaving out high frequencies of the DCT takes
    a third of the time of decoding them and shrinking the result; the whole file is still read, and
    a missing part noticed.
    """
    image = source.image
    if not isinstance(image, JpegImageFile):
        return
    if only_check:
        image.draft("L", (1, 1))
        return
    image.decodermaxblock = len(source.content)  # all at once, and not 64 KB at a time
    shorter, longer = sorted(image.size)
    divisor = min(longer // ENOUGH_LONG, shorter // ENOUGH_SHORT)
    if divisor > 1:  # Pillow takes the nearest of 2, 4 and 8 below
        image.draft(image.mode, (image.width // divisor, image.height // divisor))


def load(source: Source, name: str) -> Source:
    """Decode the pixels, without libtiff's messages on the standard error.

    Raises
    ------
    DecodeError
        If the image is damaged or truncated.
    """
    said: list[str] = []
    image = source.image
    try:
        if any(tile[0] == "libtiff" for tile in getattr(image, "tile", ())):
            with standard_error_captured() as said:
                image.load()
        else:
            image = loaded(image)
        if source.format == "PNG":
            _check_last_row(source)
    except Exception as error:  # Pillow's parsers raise all kinds of exceptions
        raise damaged_error(name, said[0] if said else error) from None

    if wrong := [line for line in said if _WRONG_PIXELS.match(line)]:
        raise damaged_error(name, wrong[0])
    for line in said:
        _log.warning("%s: %s", name, line)
    return replace(source, image=image)


def loaded(image: PIL.Image.Image) -> PIL.Image.Image:
    """Load an image; a GIF is transparent around its first frame.

    There Pillow has the colour that is transparent, or else the first one of the palette.
    """
    tiles = getattr(image, "tile", ()) if image.format == "GIF" else ()
    image.load()
    frame = tiles[0][1] if tiles else (0, 0, *image.size)
    if frame == (0, 0, *image.size) or image.has_transparency_data:
        return image
    around = PIL.Image.new("RGBA", image.size)
    around.paste(image.crop(frame), frame)
    return around


def _check_last_row(source: Source) -> None:
    """Have the rows counted where the last one is as Pillow leaves those that are missing.

    In an interlaced image the last row of the file may be another.
    """
    width, height = source.image.size
    last = np.asarray(source.image.crop((0, height - 1, width, height)))
    if "interlace" in source.image.info or not last.any():
        png.check_rows(source.content)


def damaged_error(name: str, reason: object) -> DecodeError:
    """Return the error for a file of a known format that does not decode."""
    return DecodeError(name, f"damaged or truncated ({reason})")


def _open(content: bytes, name: str, max_pixels: int, only_check: bool) -> Source:
    if content.startswith(png.SIGNATURE):
        parts = png.parse(content)
        image = _identify(parts.content)
        return Source(
            image,
            "PNG",
            image.size,
            parts.bit_depth,
            parts.profile,
            parts.calibration,
            parts.content,
        )
    if header := bmp.parse(content):
        if header.width * header.height > max_pixels:
            raise _too_large(name, max_pixels)
        image = bmp.read(header, content)
        return Source(image, "BMP", image.size)
    if content.startswith(jpeg.START):
        jpeg.check_header(content)
        content = jpeg.without_pixels(content) if only_check else content
    image = _identify(content)
    image.info.pop("xmp", None)  # where Pillow reads an orientation, unlike browsers
    profile = image.info.get("icc_profile")
    name = "JPEG" if image.format == "MPO" else image.format or ""
    return Source(image, name, image.size, _bit_depth(image), profile, content=content)


def _bit_depth(image: PIL.Image.Image) -> int:
    """Return the bits per channel of formats other than PNG."""
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(TiffTag.BitsPerSample, (1,))[0])
    return 16 if image.mode.startswith("I") else 8


def _identify(content: bytes) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(content), formats=formats())


def _too_large(name: str, limit: int) -> DecodeError:
    return DecodeError(name, f"more than {limit:,} pixels", "make it smaller (or see --max-pixels)")
