"""Atomic writes: files appear complete or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = ".handcraft-"
"""Prefix of the names of unfinished files."""


@contextmanager
def atomic_path(path: Path, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary sibling of `path` that replaces it when the block succeeds.

    Parameters
    ----------
    path
        The file to write; missing folders are created.
    durable
        Flush the content to the disk before it replaces `path`, so that not even a power cut leaves
        half a file. This takes some ten milliseconds.

    Raises
    ------
    OSError
        If the file cannot be written; it names `path`.
    """
    partial = path.parent / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch(exist_ok=False)
        yield partial
        if durable:
            with partial.open("r+b") as file:
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        named = [str(name) for name in (error.filename, error.filename2) if name is not None]
        if not named or str(partial) in named:
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with suppress(OSError):
            partial.unlink()


def copy_file(source: Path | str, target: Path | str) -> None:
    """Copy a file with its times and permissions, atomically; see `atomic_path`."""
    with atomic_path(Path(target)) as partial:
        shutil.copy2(source, partial)
