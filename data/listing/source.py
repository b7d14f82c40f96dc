"""Sources of images and labels: class folders, names of files, or a table."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.formats.kinds import image_suffixes, needs_extra
from handcraft.data.listing.labelling import Labelling, classes_by_pattern, groups_by_pattern
from handcraft.data.listing.layout import (
    TEST_ROLES,
    TRAINING,
    Classes,
    by_class,
    classes_in,
    is_for_all_classes,
    remedy_without_classes,
    training_and_test,
)
from handcraft.data.listing.report import ScanReport, not_images
from handcraft.data.listing.table import Row, read_table
from handcraft.data.listing.tree import Folder, read_tree
from handcraft.data.names import counted, printable


@dataclass(frozen=True)
class Source:
    """Images by role and class, and the groups of those that have one.

    `test` is None if there are no test images.
    """

    training: Classes
    test: Classes | None
    groups: Mapping[Path, str]

    def to_test(self) -> Classes:
        """Return the test images, or all images if there are no parts."""
        return self.training if self.test is None else self.test


def read_source(folder: Path, labelling: Labelling, report: ScanReport, to_train: bool) -> Source:
    """Find the images, with their labels and groups by `labelling`.

    Training needs at least two class folders.

    Raises
    ------
    RequestError
        If there is no such folder, no image in it, or no label for its images.
    """
    if not folder.exists():
        raise RequestError(f"{printable(folder)}: no such folder; check the path.")
    if not folder.is_dir():
        raise RequestError(
            f"{printable(folder)}: not a folder; pass the folder that holds the class folders."
        )
    if labelling.table is not None:
        source = _from_table(read_table(labelling.table, folder, report), report)
    else:
        source = _from_tree(read_tree(folder), labelling.pattern, report, to_train)
    if labelling.group_by is None:
        return source
    parts = [source.training, source.test or {}]
    paths = [path for part in parts for images in part.values() for path in images]
    groups = groups_by_pattern(paths, folder, labelling.group_by, report)
    return replace(source, groups=groups)


def no_images(tree: Folder) -> RequestError:
    """Return the error for a folder without images."""
    others = [path for one in tree.walk() for path in one.others]
    remedy = f"known endings: {' '.join(sorted(image_suffixes()))}"
    if any(needs_extra(path.suffix) for path in others):
        remedy = "; ".join(not_images(others))
    return RequestError(
        f"{printable(tree.path)}: no images found ({counted(len(others), 'other file')}); {remedy}."
    )


def _from_table(rows: Sequence[Row], report: ScanReport) -> Source:
    by_role: dict[str, list[tuple[Path, str]]] = {TRAINING: []}
    for row in rows:
        by_role.setdefault(row.role or TRAINING, []).append((row.path, row.label))
    tests = [role for role in TEST_ROLES if role in by_role]
    for role in tests[1:]:
        report.notes.append(f"Not used: {counted(len(by_role[role]), 'image')} for {role}")
    return Source(
        by_class(by_role[TRAINING]),
        by_class(by_role[tests[0]]) if tests else None,
        {row.path: row.group for row in rows if row.group is not None},
    )


def _from_tree(tree: Folder, pattern: str | None, report: ScanReport, to_train: bool) -> Source:
    if not tree.has_images():
        raise no_images(tree)
    training, test = training_and_test(tree, needs_classes=pattern is None)
    find = _by_folders if pattern is None else functools.partial(_by_names, pattern)
    training_classes = find(training, report)
    if to_train and pattern is None and len(training_classes) == 1:
        raise _only_class(training)
    if test is None:
        return Source(training_classes, None, {})
    test_classes = find(test, report)
    report.add(tree, below=False)
    report.unused_folders = [
        one.path for one in tree.folders if one.has_images() and one not in (training, test)
    ]
    parts = {"Training": (training, training_classes), "test": (test, test_classes)}
    said = [_describe(role, part, classes) for role, (part, classes) in parts.items()]
    report.notes.insert(0, "; ".join(said))
    return Source(training_classes, test_classes, {})


def _by_folders(folder: Folder, report: ScanReport) -> Classes:
    classes = classes_in(folder, report)
    if not classes:
        raise RequestError(
            f"{printable(folder.path)}: holds {counted(len(folder.images), 'image')} but no class "
            f"folders with images; {remedy_without_classes(folder)}"
        )
    return classes


def _by_names(pattern: str, folder: Folder, report: ScanReport) -> Classes:
    return classes_by_pattern(folder, pattern, report)


def _only_class(folder: Folder) -> RequestError:
    (only,) = [one for one in folder.folders if one.has_images()]
    if is_for_all_classes(only.path.name):
        remedy = remedy_without_classes(only, folder)
    elif sum(one.has_images() for one in only.folders) > 1:
        remedy = f"pass {printable(only.path)} to take the folders in it for the classes."
    else:
        remedy = "at least two are needed, each in a folder of its own."
    return RequestError(
        f"{printable(folder.path)}: only one class, '{printable(only.path.name)}', has images; "
        f"{remedy}"
    )


def _describe(role: str, folder: Folder, classes: Classes) -> str:
    n_images = counted(sum(map(len, classes.values())), "image")
    n_classes = counted(len(classes), "class", "classes")
    return f"{role} images: {printable(folder.path)} ({n_images} of {n_classes})"
