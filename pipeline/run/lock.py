"""Locks between processes, released when the process ends, however it ends."""

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
    """A shared or exclusive lock: SQLite's, on a database that stays empty.

    It is released by `release`, and when it is garbage-collected.

    Parameters
    ----------
    path
        The file that represents the locked resource; created if missing.

    Raises
    ------
    OSError
        If the file cannot be created or locked.
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
        """Take the shared lock, once nobody has the exclusive one."""
        while not self._begin("BEGIN", "SELECT * FROM sqlite_master"):
            time.sleep(SECONDS_BETWEEN_TRIES)

    def take(self) -> bool:
        """Try to take the exclusive lock; return whether it was free."""
        return self._begin("BEGIN EXCLUSIVE")

    def wait(self, announce: Callable[[], None]) -> None:
        """Take the exclusive lock; if it is taken, call `announce`, and wait."""
        if self.take():
            return
        announce()
        while not self.take():
            time.sleep(SECONDS_BETWEEN_TRIES)

    def release(self) -> None:
        """Release the lock."""
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
    """Convert SQLite's errors with a file to OSError."""
    try:
        yield
    except sqlite3.Error as error:
        is_full = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(path)) from error
