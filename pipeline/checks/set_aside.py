"""Moving files aside, and bringing them back."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, TextIO

from handcraft.data.errors import RequestError
from handcraft.data.remote import RemotePath
from handcraft.pipeline.checks.findings import Finding
from handcraft.pipeline.run.atomic import copy_file

LIST = "moved.csv"
HEADER = ["from", "to", "reason"]


def check_destination(folders: Sequence[Path], destination: Path) -> None:
    """Check that files of the checked folders can be moved to a destination.

    Raises
    ------
    RequestError
        If `destination` already holds a list of moved files or lies in one of the folders, or if
        these are not on this machine.
    """
    record = destination / LIST
    if record.exists():
        raise RequestError(
            f"{record}: files were set aside there before; name another folder with --move-to, or "
            f"bring them back with --undo {record}"
        )
    for folder in folders:
        if isinstance(folder, RemotePath):
            raise RequestError(f"--move-to: {folder} is not on this machine; move the files there")
        if destination.resolve().is_relative_to(folder.resolve()):
            raise RequestError(
                f"{destination}: lies in {folder}, where it would be taken for images again; "
                "name a folder outside with --move-to"
            )


def set_aside(findings: Iterable[Finding], folders: Sequence[Path], destination: Path) -> Path:
    """Move the files that the findings set aside to `destination`; return the list of moved files.

    Below `destination` the checked `folders`, and the files in them, keep their names. Each line
    of the list is written before its file is moved, so that `bring_back` can undo an interrupted
    run.

    Raises
    ------
    RequestError
        See `check_destination`.
    """
    check_destination(folders, destination)
    reasons: dict[Path, str] = {}
    for finding in findings:
        for path in finding.set_aside:
            reasons.setdefault(path, finding.check)
    root = Path(os.path.commonpath([folder.resolve().parent for folder in folders]))
    record = destination / LIST
    destination.mkdir(parents=True, exist_ok=True)
    with _open(record, "x") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for path, reason in reasons.items():
            origin = _resolved(path, folders)
            target = destination.resolve() / origin.relative_to(root)
            writer.writerow([origin, target, reason])
            file.flush()
            _move(origin, target)
    return record


def bring_back(record: Path) -> int:
    """Move the files of a list back to where they were; return their number.

    The list is removed at the end, so that the folder can be used again.

    Raises
    ------
    RequestError
        If `record` is not such a list, or a file would be overwritten; then nothing is moved.
    """
    moves = [(Path(old), Path(new)) for old, new in _read(record) if os.path.lexists(new)]
    for old, new in moves:
        if os.path.lexists(old):
            raise RequestError(f"{old}: exists again; remove or rename it, or {new}")
    for old, new in moves:
        _move(new, old)
    record.unlink()
    for _, new in moves:
        _remove_empty(new.parent, record.parent.resolve())
    return len(moves)


def _move(source: Path, target: Path) -> None:
    """Move a file, even to another disk; at any time it is complete in one of the two places."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target, copy_function=copy_file)


def _resolved(path: Path, folders: Sequence[Path]) -> Path:
    """Return a file's absolute path without resolving a link to a file."""
    folder = next(folder for folder in folders if path.is_relative_to(folder))
    return folder.resolve() / path.relative_to(folder)


def _remove_empty(folder: Path, top: Path) -> None:
    """Remove `folder` and its parents up to `top`, as far as they are empty."""
    while folder.is_relative_to(top) and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _read(record: Path) -> list[tuple[str, str]]:
    try:
        with _open(record, "r") as file:
            header, *lines = csv.reader(file)
        if header != HEADER:
            raise ValueError
        return [(old, new) for old, new, _ in lines]
    except (OSError, ValueError, csv.Error):
        raise RequestError(
            f"{record}: not a list of moved files; expected the {LIST} that --move-to wrote"
        ) from None


def _open(path: Path, mode: Literal["r", "x"]) -> TextIO:
    """Open a list, whose paths may contain line breaks and bytes that are not UTF-8."""
    return path.open(mode, newline="", encoding="utf-8", errors="surrogateescape")
