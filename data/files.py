"""Reading of files: regular ones only, and of limited size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from handcraft.data.errors import DecodeError
from handcraft.data.remote import RemotePath

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
}


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read a regular file of at most `max_bytes` bytes; nothing else is opened.

    Raises
    ------
    DecodeError
        If it is something else, is larger, or cannot be read.
    OSError
        If it is on another machine that cannot be reached.
    """
    if isinstance(path, RemotePath):
        content = _read_remote(path, max_bytes)
    else:
        content = _read(path, max_bytes)
    if len(content) > max_bytes:
        reason = f"more than {max_bytes:,} bytes"
        raise DecodeError(str(path), reason, "make it smaller, or raise the limit (--max-bytes)")
    return content


def _read(path: Path, max_bytes: int) -> bytes:
    """Read a file of this machine; of a too large one, one byte more than allowed."""
    if reason := why_no_file(path):
        remedy = "name the images in it" if path.is_dir() else "remove it"
        raise DecodeError(str(path), reason, remedy)
    try:
        with open(path, "rb") as file:
            # Reading by its size, and not by the limit, saves memory.
            return file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise DecodeError(str(path), reason, "check that the file is there and readable") from None


def _read_remote(path: RemotePath, max_bytes: int) -> bytes:
    try:
        return path.read_at_most(max_bytes + 1)
    except (FileNotFoundError, PermissionError) as error:
        remedy = "check that the file is there and readable"
        raise DecodeError(str(path), str(error.strerror), remedy) from None


def why_no_file(path: Path) -> str | None:
    """Return what a path leads to in place of a regular file; None if to one, or to nothing."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return f"a broken link, to {os.readlink(path)}" if os.path.islink(path) else None
    if kind == stat.S_IFREG:
        return None
    return f"{_KINDS.get(kind, 'a special file')}, not a regular file"
