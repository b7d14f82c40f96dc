"""Which image formats are read, and what their files' names end in."""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import PurePath

import PIL.features

_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
"""The endings of each format, by Pillow's name of it. Pillow reads MPO as JPEG."""

_HEIF_STARTS = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif")
"""What follows the first four bytes of a HEIF or AVIF file (ISO/IEC 23008-12, B.4)."""

EXTRA = "pip install 'handcraft[heif]'"
"""What makes AVIF (Pillow from 11.3 on) and HEIF (pillow-heif) readable."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Return Pillow's names of the formats that can be read here, whatever a file is called."""
    missing = set()
    if not ("avif" in PIL.features.modules and PIL.features.check_module("avif")):
        missing.add("AVIF")
    if importlib.util.find_spec("pillow_heif") is None:
        missing.add("HEIF")
    else:
        import pillow_heif

        pillow_heif.register_heif_opener()
    return tuple(name for name in _SUFFIXES if name not in missing)


@functools.cache
def image_suffixes() -> frozenset[str]:
    """Return the file name endings, in lower case, of what is taken for an image here."""
    return frozenset(suffix for name in formats() for suffix in _SUFFIXES[name])


def is_image_name(name: str) -> bool:
    """Say whether a file of this name is taken for an image."""
    return os.path.splitext(name)[1].lower() in image_suffixes()  # a third of PurePath's time


def format_of_name(name: str) -> str | None:
    """Return the format that a file's name ends as, whatever it holds; None if in no known one."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


def is_unread_heif(content: bytes) -> bool:
    """Say whether a file begins as HEIF or AVIF files do, and those are not read here."""
    kind = "AVIF" if content[8:12] == b"avif" else "HEIF"
    return content[4:12] in _HEIF_STARTS and kind not in formats()


def needs_extra(suffix: str) -> bool:
    """Say whether files with this ending can be read once `EXTRA` is installed."""
    known = {suffix for suffixes in _SUFFIXES.values() for suffix in suffixes}
    return suffix.lower() in known - image_suffixes()
