"""Reading files whole: regular ones only, and none that is too large."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from handcraft.data.errors import DecodeError

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a directory",
}


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Read a regular file of at most `max_bytes` bytes; nothing else is even opened.

    Raises
    ------
    DecodeError
        If it is something else, is larger, or cannot be read.
    """
    if reason := why_no_file(path):
        raise DecodeError(str(path), reason, "remove it")
    try:
        with open(path, "rb") as file:
            # Asked for what it says to hold, it takes no memory for all that is allowed.
            content = file.read(min(os.fstat(file.fileno()).st_size, max_bytes) + 1)
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise DecodeError(str(path), reason, "check that the file is there and readable") from None
    if len(content) > max_bytes:
        reason = f"more than {max_bytes:,} bytes"
        raise DecodeError(str(path), reason, "make it smaller, or raise the limit (--max-bytes)")
    return content


def why_no_file(path: Path) -> str | None:
    """Return what a path leads to in place of a regular file; None if to one, or to nothing."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except (OSError, ValueError):
        return f"a broken link, to {os.readlink(path)}" if os.path.islink(path) else None
    if kind == stat.S_IFREG:
        return None
    return f"{_KINDS.get(kind, 'a special file')}, not a regular file"
