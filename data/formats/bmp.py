"""BMP files that Pillow does not fully read: bit fields, alpha, and palettes of 2 bits."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

_PLAIN, _BIT_FIELDS, _ALPHA_BIT_FIELDS = 0, 3, 6
"""The compression values of BITMAPINFOHEADER that pixels without compression have."""

_V3_HEADER_SIZE, _V4_HEADER_SIZE = 56, 108
"""From the first on a header holds a mask for alpha; from the second on plain pixels obey it."""


@dataclass(frozen=True)
class Header:
    """The description of the pixels in the headers of a BMP file.

    `masks` are those of red, green, blue and, if there is one, alpha; 0 means a missing channel.
    The palette starts at `palette_offset`.
    """

    width: int
    height: int
    bottom_up: bool
    bits: int
    masks: tuple[int, ...]
    palette_offset: int
    offset: int


def parse(content: bytes) -> Header | None:
    """Read the headers, or return None if Pillow reads this kind of BMP file as well."""
    if not content.startswith(b"BM") or len(content) < 14 + 40 + 16:
        return None
    offset, size, width, height, _, bits, compression = struct.unpack_from("<IIiiHHI", content, 10)
    fields = compression in (_BIT_FIELDS, _ALPHA_BIT_FIELDS)
    ours = {
        2: compression == _PLAIN,
        16: fields,
        32: fields or (compression == _PLAIN and size >= _V4_HEADER_SIZE),
    }
    if size < 40 or not ours.get(bits):
        return None
    masks = struct.unpack_from("<4I", content, 14 + 40)
    if (size < _V3_HEADER_SIZE and compression != _ALPHA_BIT_FIELDS) or masks[3] == 0:
        masks = masks[:3]
    return Header(width, abs(height), height > 0, bits, masks, 14 + size, offset)


def read(header: Header, content: bytes) -> PIL.Image.Image:
    """Return the image, of mode RGB or RGBA.

    Raises
    ------
    ValueError
        If the width is negative, the file is truncated, or a mask has gaps or is too wide.
    """
    if header.width < 0:
        raise ValueError(f"a width of {header.width} pixels")
    row_size = -(-header.width * header.bits // 32) * 4
    rows = np.frombuffer(content, np.uint8, row_size * header.height, header.offset)
    rows = rows.reshape(header.height, row_size)[:: -1 if header.bottom_up else 1]
    if header.bits == 2:
        indices = (rows[..., np.newaxis] >> np.array([6, 4, 2, 0], np.uint8)) & 3
        palette = np.frombuffer(content, np.uint8, 16, header.palette_offset).reshape(4, 4)
        colours = palette[:, 2::-1][indices.reshape(header.height, -1)[:, : header.width]]
        return PIL.Image.fromarray(colours)
    words = np.ascontiguousarray(rows).view(f"<u{header.bits // 8}")[:, : header.width]
    return PIL.Image.fromarray(np.stack([_channel(words, mask) for mask in header.masks], axis=-1))


def _channel(words: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """Return the field under `mask`, stretched to 0 to 255."""
    if mask == 0:
        return np.zeros(words.shape, np.uint8)
    lowest = mask & -mask
    largest = mask // lowest
    if largest & (largest + 1):
        raise ValueError(f"the mask {mask:#x} of a channel has gaps")
    if mask.bit_length() > 8 * words.itemsize:
        raise ValueError(f"the mask {mask:#x} of a channel is wider than a pixel")
    values = (words & mask).astype(np.uint64) // lowest
    return ((values * 255 + largest // 2) // largest).astype(np.uint8)
