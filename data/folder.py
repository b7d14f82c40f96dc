"""Labelled lists of image files from a folder, a table or patterns of names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handcraft.data.errors import RequestError
from handcraft.data.image_set import ImageSet
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.listing.layout import Classes, is_for_all_classes, role_of, tell_the_labels
from handcraft.data.listing.report import ScanReport
from handcraft.data.listing.source import no_images, read_source
from handcraft.data.listing.tree import read_tree
from handcraft.data.names import counted, listed, loosely, normalised, printable


@dataclass(frozen=True, eq=False)
class Manifest:
    """The images of a folder, by class; `test` is None if the folder has no test part."""

    class_names: tuple[str, ...]
    train: ImageSet
    test: ImageSet | None
    report: ScanReport


def scan(
    folder: Path, labelling: Labelling = CLASS_FOLDERS, test_folder: Path | None = None
) -> Manifest:
    """List the images of a folder, with the class of each and, if requested, its group.

    The classes are the names of the folders in `folder`, in natural order, and the images of a
    class all those below its folder, sorted. If two folders are named like training and test images
    (train, Training, test_set, val ...; see `layout.role_of`), the classes are those of the
    training images. A table or a pattern of names replaces class folders. The images of
    `test_folder`, if given, are the test images instead of those of `folder`; a table does not
    apply to it. Paths start with the folder as given. Links are followed.

    Raises
    ------
    RequestError
        If there is no such folder, no image with a class, a single class, a class with a single
        training image, or a test class that is not among the training classes.
    """
    report = ScanReport()
    source = read_source(folder, labelling, report, to_train=True)
    training = _without_small_classes(source.training, labelling.min_images, report)
    _require_classes(training, folder, labelling.min_images)
    class_names = tuple(training)
    _warn_of_names(class_names, report)
    images = _label(training, class_names, source.groups)
    test_source = source
    if test_folder is not None:
        of_test = replace(labelling, table=None)
        test_source = read_source(test_folder, of_test, report, to_train=False)
    if test_folder is None and source.test is None:
        return Manifest(class_names, images, None, report)
    left_out = source.training.keys() - training.keys()
    test = {n: paths for n, paths in test_source.to_test().items() if n not in left_out}
    test_images = _label(test, class_names, test_source.groups)
    _warn_of_parts(images, test_images, class_names, report)
    return Manifest(class_names, images, test_images, report)


def scan_test(
    folder: Path, class_names: Sequence[str], labelling: Labelling = CLASS_FOLDERS
) -> tuple[ImageSet, ScanReport]:
    """List the images of a folder of known classes.

    Some of the classes may be missing. If the folder has training and test images (see `scan`), or
    a table has them, the images are the test images.

    Raises
    ------
    RequestError
        If there is no such folder, no image with a class, or a class that is not among
        `class_names`.
    """
    report = ScanReport()
    source = read_source(folder, labelling, report, to_train=False)
    return _label(source.to_test(), class_names, source.groups), report


def list_images(paths: Sequence[Path]) -> tuple[tuple[Path, ...], ScanReport]:
    """List files as given, existing or not, and all images below folders, sorted.

    Raises
    ------
    RequestError
        If one of `paths` is a folder without images.
    """
    images: list[Path] = []
    report = ScanReport()
    for path in paths:
        if path.is_dir():
            tree = read_tree(path)
            if not tree.has_images():
                raise no_images(tree)
            report.add(tree)
            images += tree.all_images()
        else:
            images.append(path)
    return tuple(images), report


def _label(classes: Classes, class_names: Sequence[str], groups: Mapping[Path, str]) -> ImageSet:
    """Return the images with the indices of their classes, and groups if there are any."""
    index = {normalised(name): label for label, name in enumerate(class_names)}
    for name, paths in classes.items():
        if name not in index:
            like = [known for known in class_names if loosely(known) == loosely(name)]
            hint = f" (to '{printable(like[0])}'?)" if like else ""
            remedy = f"rename{hint} or remove it."
            if is_for_all_classes(name):
                remedy = tell_the_labels()
            raise RequestError(
                f"{printable(paths[0])}: its class '{printable(name)}' is not among the "
                f"{len(class_names)} training classes ({listed(class_names, 3)}); {remedy}"
            )
    labels = np.array([index[name] for name in classes], np.intp)
    images = [path for paths in classes.values() for path in paths]
    return ImageSet(
        tuple(images),
        np.repeat(labels, [len(paths) for paths in classes.values()]),
        tuple(groups.get(path, str(path)) for path in images) if groups else None,
    )


def _without_small_classes(classes: Classes, min_images: int, report: ScanReport) -> Classes:
    small = [name for name, paths in classes.items() if len(paths) < min_images]
    if small:
        what = counted(len(small), "class", "classes")
        report.notes.append(f"Left out {what} of fewer than {min_images} images: {listed(small)}")
    return {name: paths for name, paths in classes.items() if name not in small}


def _require_classes(classes: Classes, folder: Path, min_images: int) -> None:
    """Raise RequestError if no classifier can be trained on the images."""
    if len(classes) < 2:
        named = f" ({listed(list(classes))})" if classes else ""
        enough = f", each of --min-images {min_images} or more" if min_images else ""
        raise RequestError(
            f"{printable(folder)}: {counted(len(classes), 'class', 'classes')} of training images"
            f"{named}; at least two are needed{enough}."
        )
    single = [name for name, paths in classes.items() if len(paths) == 1]
    if single:
        have = "class has" if len(single) == 1 else "classes have"
        raise RequestError(
            f"{printable(folder)}: {len(single):,} {have} a single image ({listed(single, 10)}); "
            "add images, or leave such classes out with --min-images 2."
        )


def _warn_of_names(class_names: Sequence[str], report: ScanReport) -> None:
    """Warn of classes that may be the same, and of class names that are names of parts."""
    alike: dict[str, list[str]] = {}
    for name in class_names:
        alike.setdefault(loosely(name) or name, []).append(name)
    report.similar_names = [names for names in alike.values() if len(names) > 1]
    if parts := [name for name in class_names if role_of(name)]:
        report.warnings.append(
            f"Class names like those of training and test images: {listed(parts)}"
        )


def _warn_of_parts(
    training: ImageSet, test: ImageSet, class_names: Sequence[str], report: ScanReport
) -> None:
    """Warn of classes without test images, and of groups on both sides."""
    tested = set(test.labels.tolist())
    report.untested_classes = [name for i, name in enumerate(class_names) if i not in tested]
    shared = sorted({*(training.groups or ())} & {*(test.groups or ())})
    if shared:
        what = counted(len(shared), "group")
        report.warnings.append(f"{what} in both training and test images: {listed(shared)}")
