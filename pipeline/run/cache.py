"""The cache on the disk: what it holds, how large it is, and what goes when it grows too large.

    images.sqlite     what is known of image files by their path, see `images.known_images`
    fitted/KEY...     fitted extractors
    rows/KEY/...      rows of a fitted extractor, see `extraction.row_store`
    locks/KEY...      who uses or makes the rows of that key
    limit             the size limit in bytes, where it is not the usual one

Whatever is missing or damaged is made again.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from handcraft.pipeline.run.atomic import PREFIX, atomic_path
from handcraft.pipeline.run.lock import Lock

DEFAULT_LIMIT = 20 * 2**30
"""Bytes of rows and fitted extractors that are kept: rows of some 400,000 small images."""

UNFINISHED_SECONDS = 3600
"""A file that has not been written to for so long was left by a run that was killed."""


@dataclass(frozen=True)
class Entry:
    """Rows or a fitted extractor: what is kept, or goes, as a whole."""

    path: Path
    n_bytes: int
    last_used: float


def use_lock(cache: Path, key: str) -> Path:
    """Return the file that is locked while rows of this key are in use."""
    return cache / "locks" / f"{key}.use"


def making_lock(cache: Path, key: str) -> Path:
    """Return the file that is locked while rows of this key are made."""
    return cache / "locks" / f"{key}.making"


def entries(cache: Path) -> list[Entry]:
    """Return what the cache holds, what was used last first."""
    paths = [path for kind in ("rows", "fitted") for path in cache.glob(f"{kind}/*")]
    found = [_entry(path) for path in paths if not path.name.startswith(PREFIX)]
    return sorted(found, key=lambda entry: (-entry.last_used, entry.path))


def limit(cache: Path) -> int:
    """Return how many bytes of rows and fitted extractors are kept."""
    try:
        return int((cache / "limit").read_text())
    except (OSError, ValueError):
        return DEFAULT_LIMIT


def set_limit(cache: Path, n_bytes: int) -> None:
    """Keep at most so many bytes of rows and fitted extractors, now and in later runs."""
    with atomic_path(cache / "limit") as partial:
        partial.write_text(str(n_bytes))
    prune(cache, n_bytes)


def prune(cache: Path, keep_bytes: int) -> None:
    """Delete what was used least recently beyond `keep_bytes`, except for what is in use.

    What killed runs have left unfinished goes too, once it is old.
    """
    _delete_unfinished(cache)
    kept = 0
    for entry in entries(cache):
        if kept + entry.n_bytes <= keep_bytes or not _deleted(cache, entry.path):
            kept += entry.n_bytes


def clear(cache: Path) -> None:
    """Delete all that is not in use."""
    prune(cache, 0)
    (cache / "images.sqlite").unlink(missing_ok=True)


def _delete_unfinished(cache: Path) -> None:
    before = time.time() - UNFINISHED_SECONDS
    for path in cache.rglob(f"{PREFIX}*"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _entry(path: Path) -> Entry:
    try:
        return Entry(path, bytes_below(path), path.stat().st_mtime)
    except OSError:  # another process has just deleted it
        return Entry(path, 0, 0)


def bytes_below(path: Path) -> int:
    """Return the size of a file, or of all files of a folder; 0 where there is none."""
    total = 0
    for file in [path, *path.rglob("*")]:
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _deleted(cache: Path, path: Path) -> bool:
    """Delete an entry unless it is in use, and return whether it is gone."""
    try:
        if path.is_file():
            path.unlink(missing_ok=True)
            return True
        lock = Lock(use_lock(cache, path.name))
        if lock.take():
            shutil.rmtree(path)
            return True
    except OSError:
        return False
    return False
