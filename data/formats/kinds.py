"""The supported image formats, and their file extensions."""

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
"""The extensions of each format, by Pillow's name for it. Pillow reads MPO as JPEG."""

_HEIF_STARTS = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypavif")
"""The bytes after the first four of a HEIF or AVIF file (ISO/IEC 23008-12, B.4)."""

EXTRA = "pip install 'handcraft[heif]'"
"""The remedy for AVIF, which Pillow reads from 11.3 on, and HEIF, which needs pillow-heif."""


@functools.cache
def formats() -> tuple[str, ...]:
    """Return Pillow's names of the readable formats, independent of file names."""
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
    """Return the extensions, in lower case, of readable images."""
    return frozenset(suffix for name in formats() for suffix in _SUFFIXES[name])


def is_image_name(name: str) -> bool:
    """Return whether a file of this name is considered an image."""
    return os.path.splitext(name)[1].lower() in image_suffixes()  # a third of PurePath's time


def format_of_name(name: str) -> str | None:
    """Return the format by a file's extension; None if it is unknown."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


def is_unread_heif(content: bytes) -> bool:
    """Return whether a file starts like HEIF or AVIF, and these cannot be read here."""
    kind = "AVIF" if content[8:12] == b"avif" else "HEIF"
    return content[4:12] in _HEIF_STARTS and kind not in formats()


def needs_extra(suffix: str) -> bool:
    """Return whether files with this extension can be read once `EXTRA` is installed."""
    known = {suffix for suffixes in _SUFFIXES.values() for suffix in suffixes}
    return suffix.lower() in known - image_suffixes()
