"""Checks of output paths before the work, so that none of it is wasted."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from handcraft.data.errors import RequestError

FORCE = "--force"


def open_folder(folder: Path, option: str) -> Path:
    """Create the folder for files that `option` names, and return it.

    Raises
    ------
    RequestError
        If it cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RequestError(
            f"{folder}: cannot write there ({error.strerror}); name another place with {option}"
        ) from error
    return folder


def check_file(path: Path, option: str, is_ours: Callable[[bytes], bool], force: bool) -> None:
    """Check that a file can be written, and that it is not somebody else's.

    Parameters
    ----------
    path
        The file to write. An existing file must be one that this command wrote.
    option
        The option that names it on the command line.
    is_ours
        Returns from the first kilobyte of a file whether it is of the kind to be written.
    force
        Whether any file may be overwritten.

    Raises
    ------
    RequestError
        If the file is a folder, its folder cannot be written to, or it is of another kind.
    """
    if path.is_dir():
        raise RequestError(f"{path}: this is a folder; name a file with {option}")
    open_folder(path.parent, option)
    if not path.exists() or force:
        return
    with path.open("rb") as file:
        start = file.read(1024)
    if not is_ours(start):
        raise RequestError(
            f"{path}: there is another file of this name; choose another name with {option}, or "
            f"replace the file with {FORCE}"
        )


def free_name(path: Path) -> Path:
    """Return `path`, or if it exists the first free one of ``name-2``, ``name-3`` ..."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
