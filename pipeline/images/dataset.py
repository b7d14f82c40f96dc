"""From a folder to training and test images that are known to decode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handcraft.data.errors import RequestError
from handcraft.data.folder import ImageSet, Skipped, scan, scan_test, stratified_split
from handcraft.pipeline.images.intake import CheckedImages, check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress

TEST_FRACTION = 0.2
"""The share of each class held out for the test where the folder brings no test images."""


@dataclass(frozen=True)
class Dataset:
    """Training images that decode, and the names of their classes."""

    class_names: tuple[str, ...]
    training: CheckedImages


def load_dataset(
    folder: Path, test_folder: Path | None, context: RunContext
) -> tuple[Dataset, CheckedImages | None]:
    """Scan `folder` and check its images; return training and test images.

    The test images are those of `test_folder`, else those of the folder's own test part, else
    None.

    Raises
    ------
    RequestError
        If `folder` is not a class-per-folder tree of at least two classes, no image of a class
        or no test image decodes, or `test_folder` has other classes.
    """
    manifest = scan(folder)
    test = manifest.test if test_folder is None else scan_test(test_folder, manifest.class_names)
    _say_what_was_skipped(manifest.skipped, context.progress)
    training = check_images(manifest.train, context)
    counts = np.bincount(training.labels, minlength=len(manifest.class_names))
    for name, count in zip(manifest.class_names, counts, strict=True):
        if count == 0:
            raise RequestError(f"{folder}: no image of class {name!r} decodes; mend or remove it")
    checked = None if test is None else _check_test(test, test_folder or folder, context)
    return Dataset(manifest.class_names, training), checked


def load_test(folder: Path, class_names: tuple[str, ...], context: RunContext) -> CheckedImages:
    """Return the images of a test folder, all of whose classes are among `class_names`."""
    return _check_test(scan_test(folder, class_names), folder, context)


def hold_out(dataset: Dataset, seed: int) -> tuple[Dataset, CheckedImages]:
    """Split the training images by class: four fifths to train on, one fifth to test on."""
    whole = dataset.training
    parts = stratified_split(whole.images, dataset.class_names, TEST_FRACTION, seed)
    training, test = (replace(whole, images=part) for part in parts)
    return Dataset(dataset.class_names, training), replace(test, unreadable=())


def _check_test(images: ImageSet, folder: Path, context: RunContext) -> CheckedImages:
    checked = check_images(images, context)
    if len(checked) == 0:
        raise RequestError(f"{folder}: no test image decodes; mend or replace them")
    return checked


def _say_what_was_skipped(skipped: Skipped, progress: Progress) -> None:
    if skipped.hidden or skipped.not_images:
        progress.say(f"skipped: {skipped.hidden} hidden entries, {skipped.not_images} non-images")
    if skipped.loose_images:
        progress.say(f"skipped: {skipped.loose_images} images beside the class folders")
    for folder in skipped.empty_classes:
        progress.say(f"skipped: {folder} holds no image")
    for folder in skipped.unused_folders:
        progress.say(f"unused: {folder}; to test on it, name it with --test")
