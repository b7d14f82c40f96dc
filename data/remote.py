"""Files and folders at addresses such as s3://bucket/photos, read through fsspec."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from handcraft.data.errors import RequestError

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://")
_LOCAL = re.compile(r"(file|local)://(localhost(?=/))?")
_CHECKSUMS = ("ETag", "etag", "md5Hash", "content_md5", "Content-MD5", "Digest", "checksum")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
"""Names that filesystems give to a file's content hash and time of last change."""


def located(name: str | os.PathLike[str]) -> Path:
    """Return the path of a name: that of a file on this machine, or an address elsewhere.

    >>> located("photos/1.jpg").name, located("s3://bucket/photos").parent
    ('1.jpg', RemotePath('s3://bucket'))
    >>> located("file:///photos/two%20birds.jpg").name
    'two birds.jpg'
    """
    if isinstance(name, Path):
        return name
    text = os.fspath(name)
    if not text:  # such as a variable of a shell that is not set; to pathlib it is the folder "."
        raise RequestError("got an empty path; expected that of a file or folder")
    if local := _LOCAL.match(text):
        return Path(unquote(text[local.end() :], errors="surrogateescape"))
    return RemotePath(text) if is_address(text) else Path(text)


def is_address(name: str) -> bool:
    """Return whether a name is an address, of this machine (file://) or another, and not a path."""
    return _SCHEME.match(name) is not None


@dataclass(frozen=True)
class RemoteEntry:
    """An entry of a remote folder, with the interface of `os.DirEntry`."""

    name: str
    is_folder: bool

    def is_dir(self) -> bool:
        """Return whether it is a folder."""
        return self.is_folder

    def is_file(self) -> bool:
        """Return whether it is a file."""
        return not self.is_folder

    def is_symlink(self) -> bool:
        """Say whether it is a link, of which there are none."""
        return False


class RemotePath(type(Path())):  # type: ignore[misc]  # PosixPath or WindowsPath
    """An address with the interface of a path: a scheme, a bucket or host, and names.

    It is accessed through fsspec's filesystem for the scheme. If it is missing this raises
    FileNotFoundError, and for any other error OSError with the address, after the filesystem's own
    retries.
    """

    def __str__(self) -> str:
        scheme, *names = self.parts or ("",)
        return f"{scheme}//{'/'.join(names)}" if scheme.endswith(":") else super().__str__()

    def __fspath__(self) -> str:
        return str(self)

    def absolute(self) -> RemotePath:
        """Return the address itself, which is always absolute."""
        return self

    def resolve(self, strict: bool = False) -> RemotePath:
        """Return the address itself, as there are no links."""
        return self

    def is_symlink(self) -> bool:
        """Say whether it is a link, of which there are none."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Return size, time, and a number from the checksum in place of the change of status.

        If the filesystem reports neither a checksum nor a time, the number is different each time,
        as the file may have changed.
        """
        return _status(str(self), self._information())

    def exists(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is a file or folder."""
        return self._kind() is not None

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is a folder."""
        return self._kind() == "directory"

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Return whether there is a file, by its folder's list: a table asks for many files."""
        try:
            return any(entry.name == self.name and entry.is_file() for entry in self.parent.scan())
        except FileNotFoundError:
            return False

    def scan(self) -> list[RemoteEntry]:
        """Return the entries of the folder."""
        with self._filesystem() as (files, inside):
            found = files.ls(inside, detail=True)
        named = [(one["name"].rstrip("/").rpartition("/")[2], one["type"]) for one in found]
        return [
            RemoteEntry(name, kind == "directory")
            for (name, kind), one in zip(named, found, strict=True)
            if one["name"].strip("/") != inside.strip("/")  # S3 has objects that stand for folders
        ]

    def read_at_most(self, n_bytes: int) -> bytes:
        """Return the first bytes of the file, by a single request."""
        with self._filesystem() as (files, inside):
            try:
                content: bytes = files.cat_file(inside, end=n_bytes)
            except (FileNotFoundError, PermissionError):
                raise
            except OSError:  # S3 has no first bytes of an empty file
                if files.size(inside) != 0:
                    raise
                return b""
        return content

    def forget(self) -> None:
        """Discard the filesystem's cached listings."""
        with self._filesystem() as (files, _):
            files.invalidate_cache()

    def _kind(self) -> str | None:
        """Return ``"file"`` or ``"directory"``; None if nothing is there."""
        try:
            return str(self._information()["type"])
        except FileNotFoundError:
            return None

    def _information(self) -> dict[str, Any]:
        with self._filesystem() as (files, inside):
            information: dict[str, Any] = files.info(inside)
        return information

    @contextmanager
    def _filesystem(self) -> Iterator[tuple[Any, str]]:
        """Yield fsspec's filesystem and the path in it; convert errors to OSError."""
        try:
            yield _opened(str(self))
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "not there", str(self)) from None
        except PermissionError as error:
            raise PermissionError(errno.EACCES, f"no rights ({error})", str(self)) from None
        except RequestError:
            raise
        except Exception as error:  # each filesystem has errors of its own
            raise OSError(errno.EIO, f"not reached ({error})", str(self)) from None


def _opened(address: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise RequestError(f"{address}: to read it, pip install 'handcraft[remote]'") from None
    try:
        files, inside = url_to_fs(address)
    except ImportError as error:  # such as: Install s3fs to access S3
        raise RequestError(f"{address}: a library is missing ({error})") from None
    except ValueError as error:
        raise RequestError(f"{address}: {error}; check the address") from None
    return files, inside


def _status(address: str, information: dict[str, Any]) -> os.stat_result:
    """Return fsspec's info on a file in the form of `os.stat`."""
    kind = stat.S_IFDIR if information["type"] == "directory" else stat.S_IFREG
    size = int(information.get("size") or 0)
    changed = next((information[name] for name in _TIMES if information.get(name)), None)
    seconds = changed.timestamp() if isinstance(changed, datetime) else 0
    version = next((information[name] for name in _CHECKSUMS if information.get(name)), changed)
    version = version or secrets.token_hex()
    times = {f"st_{name}": seconds for name in ("atime", "mtime", "ctime")}
    exact = {"st_mtime_ns": round(seconds * 1e9), "st_ctime_ns": _number(str(version))}
    node = _number(address)
    return os.stat_result((kind, node, 0, 1, 0, 0, size, 0, 0, 0), times | exact)


def _number(text: str) -> int:
    """Return a number of 63 bits, the same for the same text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
