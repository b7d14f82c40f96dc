"""Labels and groups from names of files and from tables instead of class folders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.listing.layout import Classes, by_class
from handcraft.data.listing.report import ScanReport
from handcraft.data.listing.tree import Folder
from handcraft.data.names import counted, listed, printable


@dataclass(frozen=True)
class Labelling:
    """The source of labels and groups.

    Parameters
    ----------
    table
        A table of paths and labels instead of class folders, see `table.read_table`.
    pattern
        A regular expression instead of class folders. It is searched for in each file's name, and
        its group named ``label``, else its first group, is the label.
    group_by
        A regular expression, searched for in each image's path below the folder (or the table's
        folder). Its group named ``group``, else its first group, else the whole match, names a
        group of images to keep together: a patient, a camera, a burst.
    min_images
        Classes with fewer training images are left out.
    """

    table: Path | None = None
    pattern: str | None = None
    group_by: str | None = None
    min_images: int = 0


CLASS_FOLDERS = Labelling()


def classes_by_pattern(folder: Folder, pattern: str, report: ScanReport) -> Classes:
    """Return the images below a folder by the labels in their names.

    Raises
    ------
    RequestError
        If the pattern is not valid, has no group, or matches no name.
    """
    report.add(folder)
    expression = _compiled(pattern, "--label-pattern")
    if expression.groups == 0:
        raise RequestError(
            f"--label-pattern '{pattern}' has no group; put the part that is the label into "
            "parentheses."
        )
    images = folder.all_images()
    labels = [_captured(expression, image.name, "label") for image in images]
    found = [(image, label) for image, label in zip(images, labels, strict=True) if label]
    if images and not found:
        raise RequestError(
            f"{printable(folder.path)}: --label-pattern '{pattern}' matches none of "
            f"{counted(len(images), 'name')}, such as {printable(images[0].name)}; fix the pattern."
        )
    if missed := [image for image, label in zip(images, labels, strict=True) if not label]:
        report.warnings.append(
            f"Left out {counted(len(missed), 'image')} whose name --label-pattern does not match: "
            f"{listed(missed, most=3)}"
        )
    return by_class(found)


def groups_by_pattern(
    paths: Sequence[Path], root: Path, pattern: str, report: ScanReport
) -> dict[Path, str]:
    """Return the group of each image whose path below `root` matches.

    A path that is not below `root` is searched as a whole.

    Raises
    ------
    RequestError
        If the pattern is not valid or matches no path.
    """
    expression = _compiled(pattern, "--group-by")
    groups: dict[Path, str] = {}
    for path in paths:
        below = path.relative_to(root) if path.is_relative_to(root) else path
        group = _captured(expression, below.as_posix(), "group")
        if group is not None:
            groups[path] = group
    if not groups:
        raise RequestError(
            f"--group-by '{pattern}' matches none of {counted(len(paths), 'path')}, such as "
            f"{listed(paths, 1)}; fix the pattern."
        )
    if len(groups) < len(paths):
        lone = [path for path in paths if path not in groups]
        report.warnings.append(
            f"{counted(len(lone), 'image')} that --group-by does not match, each a group of "
            f"its own: {listed(lone, most=3)}"
        )
    return groups


def _compiled(pattern: str, option: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise RequestError(
            f"{option} '{pattern}' is not a regular expression: {error}; fix it."
        ) from None


def _captured(expression: re.Pattern[str], text: str, name: str) -> str | None:
    """Return the group of this name, else the first group, else the whole match."""
    match = expression.search(text)
    if match is None:
        return None
    if name in expression.groupindex:
        return match[name]
    return match[1] if expression.groups else match[0]
