"""JPEG files: whether the header ends, and the file without its compressed pixels."""

from __future__ import annotations

import re
import struct

START, END = b"\xff\xd8", b"\xff\xd9"
"""The markers at the start and end of a file (ITU-T T.81, table B.1)."""

_START_OF_SCAN = 0xFFDA

MAX_STEPS = 10_000
"""The most segments before the pixels, and bytes between them: a profile and everything else that
cameras write take a few hundred. Pillow takes up to 8 microseconds for each."""

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""Cannot occur in compressed pixels, where a byte of 0xff is followed by zero unless it is part of
a restart marker (B.1.1.5)."""


def check_header(content: bytes) -> None:
    """Refuse a file in which Pillow would search for the pixels for minutes.

    Raises
    ------
    ValueError
        If more than `MAX_STEPS` segments and bytes outside of segments precede the pixels.
    """
    position = len(START)
    for _ in range(MAX_STEPS):
        if position + 4 > len(content):
            return
        marker, length = struct.unpack_from(">HH", content, position)
        if marker == _START_OF_SCAN:
            return
        has_length = 0xFFC0 <= marker < 0xFFFF and not 0xFFD0 <= marker <= 0xFFD9
        position += 2 + length if has_length else 1
    raise ValueError(f"no pixels after {MAX_STEPS:,} segments or stray bytes")


def without_pixels(content: bytes) -> bytes:
    """Return the headers, tables and end of a JPEG, which decode if and only if the whole does.

    That takes a tenth of the time for a large photograph. If the end is missing, the compressed
    pixels are in several scans, or anything deviates from the standard, the whole is returned.
    """
    position = len(START)
    while position + 4 <= len(content):
        marker, length = struct.unpack_from(">HH", content, position)
        if marker < 0xFFC0 or length < 2:
            break
        position += 2 + length
        if marker == _START_OF_SCAN:
            found = _MARKER.search(content, position)
            return content[:position] + END if found and found[0] == END else content
    return content
