"""Properties of images that decode, and notes on them for users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handcraft.data.names import counted

DARK_PEAK = 2**14
"""16-bit images of which no value reaches a quarter of the range are nearly black."""


DIGEST = "xxh3_128"
"""The hash of the bytes of a file. Digests by other hashes do not match."""


@dataclass(frozen=True)
class ImageInfo:
    """Properties of an image that decodes.

    Parameters
    ----------
    digest
        The XXH3 hash (Collet 2019; 128 bits, in hexadecimal) of the file's bytes, at some 20 GB/s.
        It detects copies and changes, but does not protect against forgery.
    height, width
        The size of the upright image in the file; a large JPEG is decoded at a fraction of it.
    format
        Pillow's name of the file's format.
    bits
        The bits per channel in the file.
    peak
        The largest value of an image with 16 bits per channel; None for all others.
    n_pages
        The pages of a TIFF file, or the images of an MPO file. The first is taken.
    damaged
        Whether a part of the image is missing, with `keep_damaged`.
    """

    digest: str
    height: int
    width: int
    format: str
    bits: int = 8
    peak: int | None = None
    n_pages: int = 1
    damaged: bool = False


def common_white(infos: Sequence[ImageInfo]) -> int | None:
    """Return the white of the 16-bit images: the largest value of as many bits as they use.

    12-bit images have 4095. None if images use their range, or have 8 bits.
    """
    peak = max((info.peak for info in infos if info.peak is not None), default=0)
    return 2 ** max(peak.bit_length(), 1) - 1 if 0 < peak < DARK_PEAK else None


def oddities(infos: Sequence[ImageInfo], white: int) -> list[str]:
    """Return sentences on the treatment of unusual images.

    `white` is the white value of those with 16 bits per channel.

    >>> oddities([ImageInfo("", 9, 9, "TIFF", n_pages=3), ImageInfo("", 9, 9, "JPEG")], 65_535)
    ['Of 1 file with several pages or images the first is used']
    """
    said = []
    if n_paged := sum(info.n_pages > 1 for info in infos):
        files = counted(n_paged, "file")
        said.append(f"Of {files} with several pages or images the first is used")
    if n_damaged := sum(info.damaged for info in infos):
        said.append(f"{counted(n_damaged, 'JPEG')} truncated, kept with grey in place of the rest")
    largest = common_white(infos)
    if largest is not None and largest < white:
        deep = counted(sum(info.peak is not None for info in infos), "image")
        said.append(f"Nearly black: {deep} of 16 bits with values up to {largest:,} only")
    return said
