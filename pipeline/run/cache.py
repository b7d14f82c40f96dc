"""The cache on disk: its contents, its size, and what is deleted when it grows too large.

    images.sqlite     properties of image files by path, see `images.known_images`
    fitted/KEY...     fitted extractors
    rows/KEY/...      rows of a fitted extractor, see `extraction.row_store`
    locks/KEY...      locks of those who use or compute the rows of that key
    limit             the size limit in bytes, if it is not the default

Whatever is missing or damaged is computed again.
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
"""Default limit of rows and fitted extractors, in bytes: rows of some 400,000 small images."""

UNFINISHED_SECONDS = 3600
"""A temporary file not written to for this long was left by a killed run."""


@dataclass(frozen=True)
class Entry:
    """Rows or a fitted extractor: kept or deleted as a whole."""

    path: Path
    n_bytes: int
    last_used: float


def use_lock(cache: Path, key: str) -> Path:
    """Return the file that is locked while rows of this key are in use."""
    return cache / "locks" / f"{key}.use"


def making_lock(cache: Path, key: str) -> Path:
    """Return the file that is locked while rows of this key are computed."""
    return cache / "locks" / f"{key}.making"


def entries(cache: Path) -> list[Entry]:
    """Return the entries of the cache, the most recently used first."""
    paths = [path for kind in ("rows", "fitted") for path in cache.glob(f"{kind}/*")]
    found = [_entry(path) for path in paths if not path.name.startswith(PREFIX)]
    return sorted(found, key=lambda entry: (-entry.last_used, entry.path))


def limit(cache: Path) -> int:
    """Return the limit of rows and fitted extractors, in bytes."""
    try:
        return int((cache / "limit").read_text())
    except (OSError, ValueError):
        return DEFAULT_LIMIT


def set_limit(cache: Path, n_bytes: int) -> None:
    """Limit the bytes of rows and fitted extractors, now and in later runs."""
    with atomic_path(cache / "limit") as partial:
        partial.write_text(str(n_bytes))
    prune(cache, n_bytes)


def prune(cache: Path, keep_bytes: int) -> None:
    """Delete the least recently used entries beyond `keep_bytes`, except those in use.

    Old unfinished files of killed runs are deleted too.
    """
    _delete_unfinished(cache)
    kept = 0
    for entry in entries(cache):
        if kept + entry.n_bytes <= keep_bytes or not _deleted(cache, entry.path):
            kept += entry.n_bytes


def clear(cache: Path) -> None:
    """Delete all entries that are not in use."""
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
    """Return the size of a file, or of all files of a folder; 0 if it is missing."""
    total = 0
    for file in [path, *path.rglob("*")]:
        with suppress(OSError):
            total += file.stat().st_size if file.is_file() else 0
    return total


def _deleted(cache: Path, path: Path) -> bool:
    """Delete an entry unless it is in use; return whether it was deleted."""
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
