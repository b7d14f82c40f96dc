"""From image files to RGB arrays as shown by a viewer, or an error that names the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import xxhash

from handcraft.data.errors import DecodeError as DecodeError
from handcraft.data.files import read_bytes
from handcraft.data.formats import jpeg
from handcraft.data.formats.opening import Source, damaged_error, load, open_image, reduce
from handcraft.data.formats.pixels import FULL_WHITE, to_rgb, upright_size
from handcraft.data.formats.pixels import Image as Image
from handcraft.data.formats.quiet import decoder_warnings_ignored
from handcraft.data.image_info import ImageInfo as ImageInfo

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True)
class DecodeOptions:
    """Decoding options and limits.

    Parameters
    ----------
    max_bytes
        The largest file to read.
    max_pixels
        The largest image to decode: 100 million pixels take about 1 GB while decoding. Pillow
        itself decodes at most 178,956,970.
    keep_damaged
        Whether truncated JPEGs are kept, with grey in place of the missing part.
    white
        The value that becomes 255 in images of 16 bits per pixel; larger ones do, too.
    """

    max_bytes: int = 200_000_000
    max_pixels: int = 100_000_000
    keep_damaged: bool = False
    white: int = FULL_WHITE


DEFAULTS = DecodeOptions()


def read_image(path: Path, options: DecodeOptions = DEFAULTS) -> Image:
    """Read and decode one file; see `decode`."""
    return read_with_info(path, options)[0]


def readable_images(paths: Iterable[Path], options: DecodeOptions = DEFAULTS) -> Iterator[Image]:
    """Yield the images of the files that can be read and decode."""
    for path in paths:
        with suppress(DecodeError, OSError):
            yield read_image(path, options)


def inspect_image(path: Path, options: DecodeOptions = DEFAULTS) -> ImageInfo:
    """Return the info on a file that decodes; see `decode`.

    Of a whole JPEG only headers and tables are decoded: nothing in the format tells whether the
    pixels between them and the end are right.
    """
    content = read_bytes(path, options.max_bytes)
    return decode_with_info(content, str(path), options, only_check=True)[1]


def read_with_info(path: Path, options: DecodeOptions = DEFAULTS) -> tuple[Image, ImageInfo]:
    """Read one file once; return its pixels, and the info on the same bytes.

    Raises
    ------
    DecodeError
        If it is not a regular file, is larger than allowed, cannot be read or does not decode.
    """
    return decode_with_info(read_bytes(path, options.max_bytes), str(path), options)


def decode(content: bytes, name: str, options: DecodeOptions = DEFAULTS) -> Image:
    """Decode an image file's bytes to uint8 (height, width, 3), sRGB, upright.

    Grey becomes three equal channels. A 16-bit value v becomes 255 v / `white`, to within one
    level. Colour profiles, and gamma and primaries of PNG, are applied. Transparency, by alpha
    channel, palette or colour key, is composited on white. EXIF orientation is applied. CMYK
    without a profile is converted by the plain formula. Of several frames or pages, the first is
    taken. A JPEG is decoded at a half, a quarter or an eighth of its size where its longer side
    keeps 480 pixels and its shorter 192, more than any extractor looks at. The same bytes give the
    same pixels everywhere.

    Parameters
    ----------
    content
        The bytes of the file.
    name
        The name of the file in errors.
    options
        The limits, and the treatment of damaged and 16-bit images.

    Raises
    ------
    DecodeError
        If `content` is empty, of unknown format, has too many pixels (by the header, before
        anything is decoded), has 32-bit pixels (which have no defined white), or is damaged or
        truncated.

    Notes
    -----
    Pillow decodes, and not the somewhat faster `cv2.imdecode` (equal pixels for JPEG): OpenCV
    neither composites nor reads every format, and its libpng and libjpeg write to the standard
    error about each odd file.

    A JPEG with changed bytes, but not truncated, decodes to a distorted image. The format has no
    means of detecting that.
    """
    return decode_with_info(content, name, options)[0]


def decode_with_info(
    content: bytes, name: str, options: DecodeOptions = DEFAULTS, only_check: bool = False
) -> tuple[Image, ImageInfo]:
    """Decode an image file's bytes; return the pixels (see `decode`) and the info on them.

    With `only_check` the pixels are meaningless; see `inspect_image`.
    """
    if not content:
        raise DecodeError(name, "the file is empty (0 bytes)")
    if content.startswith(_LFS_POINTER):
        raise DecodeError(name, "a Git LFS pointer in place of the image", "run git lfs pull")
    with decoder_warnings_ignored():
        source, damaged = _load(content, name, options, only_check)
        try:
            pixels, peak = to_rgb(source, options.white)
            height, width = upright_size(source)
            n_pages = source.n_pages
        except Exception as error:  # Pillow's parsers raise all kinds of exceptions
            raise damaged_error(name, error) from None
    info = ImageInfo(
        digest=xxhash.xxh3_128_hexdigest(content),
        height=height,
        width=width,
        format=source.format,
        bits=source.bit_depth,
        peak=peak,
        n_pages=n_pages,
        damaged=damaged,
    )
    return pixels, info


def _load(
    content: bytes, name: str, options: DecodeOptions, only_check: bool
) -> tuple[Source, bool]:
    """Open and load an image; return whether it is a truncated JPEG, too."""
    try:
        return _open_and_load(content, name, options, only_check), False
    except DecodeError:
        if not (options.keep_damaged and content.startswith(jpeg.START)):
            raise
    # libjpeg fills the missing part with grey when it finds the end marker.
    return _open_and_load(content + jpeg.END, name, options, only_check), True


def _open_and_load(content: bytes, name: str, options: DecodeOptions, only_check: bool) -> Source:
    source = open_image(content, name, options.max_pixels, only_check)
    reduce(source, only_check)
    return load(source, name)
