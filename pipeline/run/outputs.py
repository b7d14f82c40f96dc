"""Where a command may write: checked before the work, so that the work is not in vain."""

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
    """Refuse a file that cannot be written, or that `option` would take from somebody.

    Parameters
    ----------
    path
        The file to write. If it is there, its place must be one that this command wrote to before.
    option
        What names it on the command line.
    is_ours
        Tells from the first kilobyte of a file whether it is of the kind that is written here.
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
    """Return `path`, or if it is taken the first of ``name-2``, ``name-3`` ... that is not."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
