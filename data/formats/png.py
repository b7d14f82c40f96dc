"""PNG files: validated chunks, reduced to those that affect the pixels."""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from handcraft.data.formats.colour import Calibration

SIGNATURE = b"\x89PNG\r\n\x1a\n"

MAX_PROFILE_BYTES = 16_000_000
"""The largest colour profile to decompress; those of printers take 0.5 to 3 MB."""

MAX_CHUNKS = 100_000
"""The most chunks: of 4 KB, they would exceed the size limit of files; Pillow takes up to 5
microseconds for each. Large images have chunks of 8 KB and more."""

_Chunk = tuple[bytes, bytes]
"""Kind and data."""

_SHAPE_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Of each colour type."""

_ADAM7 = (
    *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
    *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
)
"""First column and row, and the steps to the next, of each pass of an interlaced image."""

_BLOCK = 1 << 20
"""Bytes decompressed at a time."""


@dataclass(frozen=True)
class Png:
    """A PNG file in parts: its pixels as a plain PNG, and the meaning of their values."""

    content: bytes
    bit_depth: int
    profile: bytes | None
    calibration: Calibration | None


def parse(content: bytes) -> Png:
    """Validate all chunks of a PNG file, and split it into parts.

    Texts, times and the like are dropped, however large they are. Of an animation the first frame
    is kept; it replaces a still image that is not part of the animation, as in browsers.

    Raises
    ------
    ValueError
        If the file is truncated, has more than `MAX_CHUNKS` chunks, or the checksum of a critical
        chunk is wrong.
    """
    chunks = _first_frame(list(itertools.islice(_chunks(content), MAX_CHUNKS)))
    if len(chunks) == MAX_CHUNKS:
        raise ValueError(f"{MAX_CHUNKS:,} chunks and more")
    found = dict(chunks)
    if len(found.get(b"IHDR", b"")) != 13:
        raise ValueError("the header chunk is missing or damaged")
    profile = _unpacked(found[b"iCCP"]) if b"iCCP" in found else None
    needed = [_packed(kind, data) for kind, data in chunks if kind in _SHAPE_PIXELS]
    return Png(
        SIGNATURE + b"".join(needed),
        bit_depth=found[b"IHDR"][8],
        profile=profile,
        calibration=None if profile or b"sRGB" in found else _calibration(found),
    )


def _chunks(content: bytes) -> Iterator[_Chunk]:
    """Yield kind and data of each chunk; ancillary ones with a wrong checksum are dropped."""
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if position + 12 > len(content):
            raise ValueError("the end is missing")
        (length,) = struct.unpack_from(">I", content, position)
        kind, end = content[position + 4 : position + 8], position + 8 + length
        data = content[position + 8 : end]
        if content[end : end + 4] == struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))):
            yield kind, data
        elif end + 4 > len(content):
            raise ValueError("the end is missing")
        elif not kind[0] & 0x20:  # bit 5 of the first letter marks chunks that decoders may ignore
            raise ValueError(f"wrong checksum of the {kind.decode('ascii', 'replace')} chunk")
        position = end + 4


def _packed(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _first_frame(chunks: list[_Chunk]) -> list[_Chunk]:
    """Replace a still image that is not part of the animation by the first frame.

    Such a file has acTL before IDAT, and the first fcTL after it, number 0. If the frame violates
    the specification (APNG 1.0), or is smaller than the image, the still image is kept.
    """
    kinds = [kind for kind, _ in chunks]
    after = kinds.index(b"IDAT") + 1 if b"IDAT" in kinds else len(kinds)
    frames = [(kind, data) for kind, data in chunks[after:] if kind in (b"fcTL", b"fdAT")]
    pixels = list(itertools.takewhile(lambda chunk: chunk[0] == b"fdAT", frames[1:]))
    numbers = [int.from_bytes(data[:4], "big") for _, data in [*frames[:1], *pixels]]
    canvas = chunks[0][1][:8] + bytes(8)  # width, height, left and top, as in fcTL
    declared = int.from_bytes(dict(chunks[:after]).get(b"acTL", b"")[:4], "big")
    if (
        not 1 <= declared < 2**31
        or b"fcTL" in kinds[:after]
        or not pixels
        or frames[0][1][4:20] != canvas
        or numbers != list(range(len(numbers)))
    ):
        return chunks
    still = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    return [*still[:-1], *((b"IDAT", data[4:]) for _, data in pixels), still[-1]]


def check_rows(content: bytes) -> None:
    """Decompress the pixels to check that no rows are missing, which Pillow leaves 0.

    Raises
    ------
    ValueError
        If there are fewer than the header announces.
    """
    chunks = list(_chunks(content))
    needed = _n_bytes_of_rows(chunks[0][1])
    data = b"".join(data for kind, data in chunks if kind == b"IDAT")
    unpacker, found = zlib.decompressobj(), 0
    while data and found < needed:
        found += len(unpacker.decompress(data, _BLOCK))
        data = unpacker.unconsumed_tail
    if found < needed:
        raise ValueError(f"{needed - found:,} of {needed:,} bytes of pixels are missing")


def _n_bytes_of_rows(header: bytes) -> int:
    """Return the decompressed size of an IHDR chunk's image: each row starts with a filter byte."""
    width, height, bits, colour_type, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    bits *= _CHANNELS[colour_type]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns > 0)


def _unpacked(chunk: bytes) -> bytes | None:
    """Return the profile of an iCCP chunk: name, zero, method, and the compressed profile."""
    _, _, packed = chunk.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        return unpacker.decompress(packed[1:], MAX_PROFILE_BYTES)
    except zlib.error:
        return None


def _calibration(found: dict[bytes, bytes]) -> Calibration | None:
    """Return gamma and primaries of gAMA and cHRM, both in units of 1 / 100,000."""
    if len(found.get(b"gAMA", b"")) != 4:
        return None
    (gamma,) = struct.unpack(">I", found[b"gAMA"])
    if gamma == 0:
        return None
    if len(found.get(b"cHRM", b"")) != 32:
        return Calibration(gamma / 100_000)
    x_y = [value / 100_000 for value in struct.unpack(">8I", found[b"cHRM"])]
    return Calibration(gamma / 100_000, tuple(x_y))
