"""JPEG files: whether the header ends, and the file without its compressed pixels."""

from __future__ import annotations

import re
import struct

START, END = b"\xff\xd8", b"\xff\xd9"
"""The markers that a file begins and ends with (ITU-T T.81, table B.1)."""

_START_OF_SCAN = 0xFFDA

MAX_STEPS = 10_000
"""Segments before the pixels, and bytes between them, that are walked through: a profile and all
else that cameras write take a few hundred. Pillow takes up to 8 microseconds for each."""

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What does not come among compressed pixels, where a zero follows a byte of 0xff that is no
restart marker (B.1.1.5)."""


def check_header(content: bytes) -> None:
    """Refuse a file that Pillow would look for the pixels of for minutes.

    Raises
    ------
    ValueError
        If there are more than `MAX_STEPS` segments, and bytes that are in none, before them.
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
    """Return the headers and tables of a JPEG, and its end: they decode where the whole decodes.

    That takes a tenth of the time on a large photograph. Where the end is missing, the compressed
    pixels are in several scans, or anything is not as in the standard, all is returned.
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
