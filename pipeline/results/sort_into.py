"""Sorting images into one folder per class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.remote import RemotePath
from handcraft.pipeline.run.atomic import copy_file
from handcraft.pipeline.run.outputs import FORCE, free_name, open_folder

OPTION = "--sort-into"


def check_sorting(
    folder: Path, answers: Sequence[str], images: Sequence[Path], force: bool
) -> None:
    """Check that the folder is empty, and that names are different and stay inside it.

    A folder that contains `images` is refused in any case.

    Raises
    ------
    RequestError
        If images of some answer cannot be put into a folder of its name below `folder`, or one of
        `images` is not on this machine.
    """
    for image in images:
        if isinstance(image, RemotePath):
            reason = "is not on this machine; copy the images here first"
            raise RequestError(f"{OPTION}: {image} {reason}")
        if image.resolve().is_relative_to(folder.resolve()):
            raise RequestError(f"{folder}: holds {image}; name another folder with {OPTION}")
    if len(set(answers)) < len(answers):
        raise RequestError(f"{OPTION}: a class is called {answers[-1]!r} itself")
    for name in answers:
        if name in ("", os.curdir, os.pardir) or Path(name).name != name:
            raise RequestError(f"{OPTION}: the class name {name!r} is not a valid folder name")
    open_folder(folder, OPTION)
    if any(folder.iterdir()) and not force:
        raise RequestError(
            f"{folder}: not empty; name another folder with {OPTION}, or add to it with {FORCE}"
        )


def put(image: Path, folder: Path, link: bool) -> None:
    """Copy `image` into `folder`, or link to it, under a free name."""
    folder.mkdir(parents=True, exist_ok=True)
    target = free_name(folder / image.name)
    if link:
        target.symlink_to(image.resolve())
    else:
        copy_file(image, target)
