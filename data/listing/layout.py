"""The layout of a folder: training and test parts by folder names, and class folders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from handcraft.data.errors import RequestError
from handcraft.data.listing.report import ScanReport
from handcraft.data.listing.tree import Folder
from handcraft.data.names import counted, listed, natural_key, normalised, printable

Classes = dict[str, list[Path]]
"""The images of each class by its name: names in natural order, images sorted."""

TRAINING = "training"
TEST_ROLES = ("test", "evaluation", "validation", "development")
"""The roles of test images; the first existing one is used."""

_WORDS = {
    **dict.fromkeys(["train", "training"], TRAINING),
    **dict.fromkeys(["test", "testing"], "test"),
    **dict.fromkeys(["eval", "evaluation"], "evaluation"),
    **dict.fromkeys(["val", "valid", "validation"], "validation"),
    **dict.fromkeys(["dev", "development"], "development"),
}
_SUFFIX = re.compile(r"[-_ ]?(set|data|images|imgs|split)$")

_FOR_ALL_CLASSES = frozenset({"images", "image", "imgs", "img", "jpegimages", "data", "all"})
"""Names of folders that hold images of any class."""

_MAY_HOLD_LABELS = (".csv", ".tsv", ".txt", ".json", ".xml")


def role_of(name: str) -> str | None:
    """Return the role named by a folder or split, or None.

    Examples
    --------
    >>> role_of("Training"), role_of("test_set"), role_of("val"), role_of("cats")
    ('training', 'test', 'validation', None)
    """
    return _WORDS.get(_SUFFIX.sub("", name.casefold()))


def by_class(labelled: Iterable[tuple[Path, str]]) -> Classes:
    """Collect images by class; names equal in Unicode's composed form are one class."""
    classes: Classes = {}
    for path, label in labelled:
        classes.setdefault(normalised(label), []).append(path)
    return {name: sorted(classes[name]) for name in sorted(classes, key=natural_key)}


def classes_in(folder: Folder, report: ScanReport) -> Classes:
    """Return the images of each class folder that has any; report everything else."""
    report.add(folder)
    report.n_loose += len(folder.images)
    labelled = [(image, one.path.name) for one in folder.folders for image in one.all_images()]
    nested = [(image, name) for image, name in labelled if image.parent.parent != folder.path]
    if nested:
        image, name = nested[0]
        report.notes.append(
            f"{counted(len(nested), 'image')} from folders below the class folders, such as "
            f"{printable(image.parent.relative_to(folder.path))}, counted as class "
            f"'{printable(name)}'"
        )
    for one in folder.folders:
        if not one.has_images():
            report.empty_classes.append(one.path)
        if len(roles := _roles_in(one)) > 1:
            names = " and ".join(printable(part.path.name) for part in roles.values())
            report.warnings.append(
                f"{printable(one.path)}: {names} below a class are not separated; if they are "
                "training and test images, put the class folders into them"
            )
    return by_class(labelled)


def training_and_test(tree: Folder, needs_classes: bool) -> tuple[Folder, Folder | None]:
    """Return the folders of training and of test images: by their names, else all and None.

    If class folders are needed, a test folder without them is skipped.

    Raises
    ------
    RequestError
        If two folders have the same role, or class folders are needed and there are none.
    """
    roles = _roles_in(tree)
    training = roles.get(TRAINING)
    candidates = [roles[role] for role in TEST_ROLES if role in roles]
    if training is None or not candidates:
        return tree, None
    if not needs_classes:
        return training, candidates[0]
    class_names = _class_names(training)
    if _lacks_classes(training, ()):
        if any(one.has_images() and one not in roles.values() for one in tree.folders):
            return tree, None  # these are classes like the others
        raise RequestError(
            f"{printable(tree.path)}: {printable(training.path.name)} and "
            f"{printable(candidates[0].path.name)} are named like training and test images, but "
            f"hold no class folders; {remedy_without_classes(training, tree)}"
        )
    for candidate in candidates:
        if not _lacks_classes(candidate, class_names):
            return training, candidate
    first = candidates[0]
    raise RequestError(
        f"{printable(first.path)}: holds {counted(len(first.all_images()), 'image')}, none in a "
        f"folder of a training class; pass {printable(training.path)} to split the training "
        f"images, or {remedy_without_classes(first, tree)}"
    )


def tell_the_labels(hint: str = "") -> str:
    """Return how to give labels other than by folders."""
    return (
        f"give the labels{hint}: with --labels TABLE.csv (a header with path and label), or with "
        "--label-pattern REGEX if they are in the files' names."
    )


def remedy_without_classes(*folders: Folder) -> str:
    """Return what to do without class folders, and files that may hold labels."""
    tables = [
        path.name
        for folder in folders
        for path in folder.others
        if path.suffix.lower() in _MAY_HOLD_LABELS
    ]
    hint = f" ({listed(tables, 3)} may hold them)" if tables else ""
    return f"put the images of each class into a folder named after it, or {tell_the_labels(hint)}"


def is_for_all_classes(name: str) -> bool:
    """Return whether a folder of this name holds images of any class."""
    return name.casefold() in _FOR_ALL_CLASSES


def _roles_in(folder: Folder) -> dict[str, Folder]:
    """Return the folders with images in `folder` whose names are those of a role."""
    found: dict[str, Folder] = {}
    for part in folder.folders:
        role = role_of(part.path.name)
        if role is None or not part.has_images():
            continue
        if role in found:
            raise RequestError(
                f"{printable(folder.path)}: {printable(found[role].path.name)} and "
                f"{printable(part.path.name)} both look like {role} images; rename or remove one."
            )
        found[role] = part
    return found


def _class_names(folder: Folder) -> list[str]:
    return [normalised(one.path.name) for one in folder.folders if one.has_images()]


def _lacks_classes(folder: Folder, class_names: Iterable[str]) -> bool:
    """Return whether images are in no class folder, or all in one for all classes."""
    names = _class_names(folder)
    return not names or (
        len(names) == 1 and is_for_all_classes(names[0]) and names[0] not in class_names
    )
