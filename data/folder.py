"""From a tree with one folder for each class to lists of image files with labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from handcraft.data.errors import RequestError
from handcraft.data.image_set import ImageSet as ImageSet

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
)
"""The file name endings, in lower case, of what is taken for an image."""

_ENDINGS = f"known endings: {' '.join(sorted(IMAGE_SUFFIXES))}"

TRAINING_FOLDER = "train"
TEST_FOLDERS = ("test", "val", "valid", "validation")
"""The names of a folder of test images beside `TRAINING_FOLDER`; the first that is there counts."""


@dataclass
class Skipped:
    """What a scan found and left out.

    `hidden` counts the files and folders whose names start with a dot, `not_images` the files
    without an image's ending, `loose_images` the images beside the class folders instead of in
    one. `empty_classes` are class folders without an image, and `unused_folders` those beside
    a training and a test folder that belong to neither.
    """

    hidden: int = 0
    not_images: int = 0
    loose_images: int = 0
    empty_classes: list[Path] = field(default_factory=list)
    unused_folders: list[Path] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Manifest:
    """The images of a folder, by class; `test` is None where the folder has no test part."""

    class_names: tuple[str, ...]
    train: ImageSet
    test: ImageSet | None
    skipped: Skipped


def scan(folder: Path) -> Manifest:
    """List the images of a class-per-folder tree.

    The classes are the sorted names of the folders in `folder`, the images of a class all those
    below its folder, sorted. If train/ and one of `TEST_FOLDERS` in `folder` both hold class
    folders, they are the training and the test images, and the classes are those of train/.
    Paths start with `folder` as it was given. Links are followed.

    Raises
    ------
    RequestError
        If there is no such folder, it holds no image in a class folder, a single class, a class
        with a single training image, or a test class that is not among the training classes.
    """
    _require_folder(folder)
    skipped = Skipped()
    test_folder = _test_part(folder)
    training_folder = folder if test_folder is None else folder / TRAINING_FOLDER
    images = _images_by_class(training_folder, skipped)
    _require_images(images, training_folder, skipped)
    _require_classes(images, training_folder)
    class_names = tuple(images)
    test = None
    if test_folder is not None:
        test = _label(_images_by_class(test_folder, skipped), class_names, test_folder)
        folders = [path for path in _entries(folder, skipped) if path.is_dir()]
        skipped.unused_folders = [p for p in folders if p not in (training_folder, test_folder)]
    return Manifest(class_names, _label(images, class_names, training_folder), test, skipped)


def scan_test(folder: Path, class_names: Sequence[str]) -> ImageSet:
    """List the images of a class-per-folder tree whose classes are known already.

    Some of the classes may be missing. If the folder has a training and a test part (see
    `scan`), the images are those of its test part.

    Raises
    ------
    RequestError
        If there is no such folder, it holds no image in a class folder, or a class that is not
        among `class_names`.
    """
    _require_folder(folder)
    test_folder = _test_part(folder) or folder
    skipped = Skipped()
    images = _images_by_class(test_folder, skipped)
    _require_images(images, test_folder, skipped)
    return _label(images, class_names, test_folder)


def list_images(paths: Sequence[Path]) -> tuple[Path, ...]:
    """List files as they are given and, for folders, all images below them, sorted.

    Raises
    ------
    RequestError
        If one of `paths` does not exist or is a folder without images.
    """
    images: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(_images_below(path, set(), Skipped()))
            if not found:
                raise RequestError(f"{path}: no images below this folder; {_ENDINGS}.")
            images += found
        elif path.exists():
            images.append(path)
        else:
            raise RequestError(f"{path}: no such file or folder; check the path.")
    return tuple(images)


def _images_by_class(folder: Path, skipped: Skipped) -> dict[str, list[Path]]:
    """Return the images of each class folder that has any, classes and images sorted."""
    images: dict[str, list[Path]] = {}
    for entry in _entries(folder, skipped):
        if not entry.is_dir():
            skipped.loose_images += _is_image(entry)
            skipped.not_images += not _is_image(entry)
        elif found := sorted(_images_below(entry, {folder.resolve()}, skipped)):
            images[entry.name] = found
        else:
            skipped.empty_classes.append(entry)
    return images


def _images_below(folder: Path, visited: set[Path], skipped: Skipped) -> Iterator[Path]:
    """Yield all images below `folder`, but enter no folder twice, so that links may be circular."""
    if folder.resolve() in visited:
        return
    visited.add(folder.resolve())
    for entry in _entries(folder, skipped):
        if entry.is_dir():
            yield from _images_below(entry, visited, skipped)
        elif _is_image(entry):
            yield entry
        else:
            skipped.not_images += 1


def _entries(folder: Path, skipped: Skipped) -> list[Path]:
    """Return what a folder holds, sorted, without what is hidden."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise RequestError(
            f"{folder}: the folder cannot be read ({error.strerror}); check its permissions."
        ) from None
    visible = [entry for entry in entries if not entry.name.startswith(".")]
    skipped.hidden += len(entries) - len(visible)
    return visible


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _test_part(folder: Path) -> Path | None:
    """Return the folder of test images beside that of training images, if both hold classes."""
    if not _has_classes(folder / TRAINING_FOLDER):
        return None
    candidates = (folder / name for name in TEST_FOLDERS)
    return next((path for path in candidates if _has_classes(path)), None)


def _has_classes(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    ignored = Skipped()
    class_folders = (entry for entry in _entries(folder, ignored) if entry.is_dir())
    return any(True for entry in class_folders for _ in _images_below(entry, set(), ignored))


def _label(images: dict[str, list[Path]], class_names: Sequence[str], folder: Path) -> ImageSet:
    """Return the images with the indices of their classes."""
    unknown = [name for name in images if name not in class_names]
    if unknown:
        known = f"{', '.join(class_names[:3])}{', ...' if len(class_names) > 3 else ''}"
        raise RequestError(
            f"{folder / unknown[0]}: {unknown[0]!r} is not among the {len(class_names)} training "
            f"classes ({known}); rename or remove this folder."
        )
    labels = [class_names.index(name) for name in images]
    counts = [len(paths) for paths in images.values()]
    paths = tuple(path for found in images.values() for path in found)
    return ImageSet(paths, np.repeat(np.array(labels, dtype=np.intp), counts))


def _require_folder(folder: Path) -> None:
    if not folder.exists():
        raise RequestError(f"{folder}: no such folder; check the path.")
    if not folder.is_dir():
        raise RequestError(f"{folder}: not a folder; pass the folder that holds the class folders.")


def _require_images(images: dict[str, list[Path]], folder: Path, skipped: Skipped) -> None:
    if not images and skipped.loose_images:
        raise RequestError(
            f"{folder}: holds {skipped.loose_images} images but no class folders with images; "
            "put the images of each class into a folder named after it."
        )
    if not images:
        raise RequestError(
            f"{folder}: no images found ({skipped.not_images} other files); put the images of each "
            f"class into a folder named after it ({_ENDINGS})."
        )


def _require_classes(images: dict[str, list[Path]], folder: Path) -> None:
    """Refuse what no classifier can be trained on."""
    parts = {TRAINING_FOLDER, *TEST_FOLDERS}
    if images.keys() <= parts and _has_classes(folder / TRAINING_FOLDER):
        raise RequestError(
            f"{folder}: {TRAINING_FOLDER}/ holds class folders, but none of "
            f"{', '.join(TEST_FOLDERS)} does; pass {folder / TRAINING_FOLDER} to split it."
        )
    if len(images) == 1:
        raise RequestError(
            f"{folder}: only one class, {next(iter(images))!r}, has images; at least two are "
            "needed, each in a folder of its own."
        )
    for name, paths in images.items():
        if len(paths) == 1:
            raise _single_image(name, paths[0])


def _single_image(name: str, path: Path) -> RequestError:
    return RequestError(
        f"{path}: this is the only image of class {name!r}; at least two are needed, so add "
        "images or remove the class."
    )
