"""Locks between processes, which end with the process, however it ends."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECONDS_BETWEEN_TRIES = 0.2


class Lock:
    """A lock that many share, or one has alone: SQLite's, on a database that stays empty.

    It is released by `release`, and when nothing refers to it any more.

    Parameters
    ----------
    path
        The file that stands for what is locked; it is made where it is missing.

    Raises
    ------
    OSError
        If the file cannot be made or locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.stat().st_size > 0:
            os.truncate(path, 0)  # damage: nothing is ever written to it
        with sqlite_errors_as_os_errors(path):
            self._connection = sqlite3.connect(
                path, timeout=0, isolation_level=None, check_same_thread=False
            )
        weakref.finalize(self, self._connection.close)

    def share(self) -> None:
        """Take the lock together with others, once nobody has it alone."""
        while not self._begin("BEGIN", "SELECT * FROM sqlite_master"):
            time.sleep(SECONDS_BETWEEN_TRIES)

    def take(self) -> bool:
        """Take the lock alone; return whether nobody else has it."""
        return self._begin("BEGIN EXCLUSIVE")

    def wait(self, announce: Callable[[], None]) -> None:
        """Take the lock alone; if somebody else has it, `announce` that, and wait."""
        if self.take():
            return
        announce()
        while not self.take():
            time.sleep(SECONDS_BETWEEN_TRIES)

    def release(self) -> None:
        """Give the lock back."""
        self._connection.rollback()

    def _begin(self, *statements: str) -> bool:
        with sqlite_errors_as_os_errors(self._path):
            try:
                for statement in statements:
                    self._connection.execute(statement).fetchall()
            except sqlite3.OperationalError as error:
                self.release()
                if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                    return False
                raise
        return True


@contextmanager
def sqlite_errors_as_os_errors(path: Path) -> Iterator[None]:
    """Raise what SQLite cannot do with a file as the OSError that it is."""
    try:
        yield
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(path)) from error
