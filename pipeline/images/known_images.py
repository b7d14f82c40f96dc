"""Cache of the properties of image files, for as long as these do not change."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from handcraft.data.decode import DecodeOptions, ImageInfo
from handcraft.data.image_info import DIGEST
from handcraft.pipeline.run.lock import sqlite_errors_as_os_errors
from handcraft.pipeline.run.progress import Progress

Answer = TypeVar("Answer")
Stamp = tuple[bytes, int, int, int, str]
"""What identifies a file's present content without reading it: absolute path, size in bytes, times
of last modification and last status change in nanoseconds (the latter cannot be set back by copying
files with their times), decoding options, and the recorded properties."""

_NOTED = [DIGEST, *(field.name for field in fields(ImageInfo))]

_TABLE = (
    "CREATE TABLE IF NOT EXISTS known_images (path BLOB PRIMARY KEY, size INTEGER, "
    "modified INTEGER, changed INTEGER, decoding TEXT, info TEXT, checksum INTEGER) WITHOUT ROWID"
)
_DAMAGE = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
"""SQLite's codes for a file that is not a database, a damaged one, or one with other tables."""


def stamp(path: Path, decoding: DecodeOptions) -> Stamp:
    """Return the present stamp of a file; that of a missing one matches no known one."""
    name, options = os.fsencode(path.absolute()), _options(decoding)
    try:
        status = path.stat()
    except OSError:
        return name, -1, -1, -1, options
    return name, status.st_size, status.st_mtime_ns, status.st_ctime_ns, options


@functools.cache
def _options(decoding: DecodeOptions) -> str:
    """Return the decoding options and recorded properties, as stored and compared."""
    return repr((decoding, _NOTED))


def recall(cache: Path, stamps: Sequence[Stamp], progress: Progress) -> list[ImageInfo | None]:
    """Return the cached info for each stamp, None where there is none."""

    def look_up(database: sqlite3.Connection) -> list[ImageInfo | None]:
        """Look up one file after the other: there may be more than a query can hold."""
        query = "SELECT * FROM known_images WHERE path = ?"
        return [_info(of, database.execute(query, of[:1]).fetchone()) for of in stamps]

    return _with_database(cache, look_up, progress)


def remember(cache: Path, infos: Sequence[tuple[Stamp, ImageInfo]], progress: Progress) -> None:
    """Store the infos of the files with these stamps."""
    texts = [(of, json.dumps([*vars(info).values()])) for of, info in infos]
    rows = [(*of, text, _checksum(*of, text)) for of, text in texts]
    insert = "INSERT OR REPLACE INTO known_images VALUES (?,?,?,?,?,?,?)"
    _with_database(cache, lambda database: database.executemany(insert, rows), progress)


def _info(of: Stamp, row: tuple[object, ...] | None) -> ImageInfo | None:
    """Return the info in a row of the table, if the row is valid and of this very file."""
    if row is None or row[: len(of)] != of or _checksum(*row[:-1]) != row[-1]:
        return None
    return ImageInfo(*json.loads(str(row[-2])))


def _checksum(*values: object) -> int:
    return zlib.crc32(repr(values).encode())


def _with_database(
    cache: Path, work: Callable[[sqlite3.Connection], Answer], progress: Progress
) -> Answer:
    """Return ``work(database)``; a damaged database is rebuilt.

    Raises
    ------
    OSError
        If the database cannot be created.
    """
    path = cache / "images.sqlite"
    with sqlite_errors_as_os_errors(path):
        try:
            return _attempt(path, work)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in _DAMAGE:
                raise
            progress.say(f"{path}: damaged ({error}); rebuilt")
            path.unlink()
            return _attempt(path, work)


def _attempt(path: Path, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=60)) as database, database:
        database.execute(_TABLE)
        return work(database)
