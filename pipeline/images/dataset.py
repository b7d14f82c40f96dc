"""From a folder to training and test images that are known to decode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handcraft.data.decode import DecodeError
from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test
from handcraft.data.image_info import common_white
from handcraft.data.image_set import ImageSet
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.listing.report import ScanReport
from handcraft.data.splits import grouped_stratified_split
from handcraft.pipeline.images.intake import CheckedImages, check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress

TEST_FRACTION = 0.2
"""The share of each class held out for the test where the folder brings no test images."""


@dataclass(frozen=True)
class Dataset:
    """The images of a folder that decode, in their parts, and those that do not.

    `test` is None until there are test images. `unreadable` are the files of all parts that were
    left out.
    """

    folder: Path
    class_names: tuple[str, ...]
    training: CheckedImages
    test: CheckedImages | None
    unreadable: tuple[DecodeError, ...]

    @property
    def parts(self) -> dict[str, CheckedImages]:
        """The images by the part that they play: ``train`` and, if there are any, ``test``."""
        parts = {"train": self.training}
        return parts if self.test is None else parts | {"test": self.test}


def load_dataset(
    folder: Path,
    test_folder: Path | None,
    context: RunContext,
    labelling: Labelling = CLASS_FOLDERS,
    stretch: bool = False,
) -> Dataset:
    """Scan `folder` and check its images.

    The test images are those of `test_folder`, else those of the folder's own test part, else
    None. With `stretch`, `context` takes from here on for white in images of 16 bits per pixel
    what the training images of that kind reach, see `common_white`.

    Raises
    ------
    RequestError
        If `folder` is not a class-per-folder tree of at least two classes, no image of a class
        or no test image decodes, or `test_folder` has other classes.
    """
    manifest = scan(folder, labelling, test_folder)
    _say(manifest.report, context.progress)
    names, test_images = manifest.class_names, manifest.test
    training = check_images(manifest.train, context)
    _settle_white(training, stretch, context)
    counts = np.bincount(training.labels, minlength=len(names))
    for name, count in zip(names, counts, strict=True):
        if count == 0:
            raise RequestError(f"{folder}: no image of class {name!r} decodes; fix or remove it")
    if test_images is None:
        return Dataset(folder, names, training, None, training.unreadable)
    test = _check_test(test_images, test_folder or folder, context)
    return Dataset(folder, names, training, test, training.unreadable + test.unreadable)


def load_test(
    folder: Path,
    class_names: tuple[str, ...],
    context: RunContext,
    labelling: Labelling = CLASS_FOLDERS,
) -> CheckedImages:
    """Return the images of a test folder, all of whose classes are among `class_names`."""
    images, report = scan_test(folder, class_names, labelling)
    _say(report, context.progress)
    return _check_test(images, folder, context)


def with_test_images(dataset: Dataset, seed: int) -> tuple[Dataset, CheckedImages]:
    """Return the dataset and its test images; where it brings none, a fifth is held out."""
    if dataset.test is None:
        return hold_out(dataset, seed)
    return dataset, dataset.test


def hold_out(dataset: Dataset, seed: int) -> tuple[Dataset, CheckedImages]:
    """Split the training images by class: four fifths to train on, one fifth to test on.

    Copies of an image, and images of one group, are on the same side.
    """
    whole = dataset.training
    names = np.array(dataset.class_names, object)[whole.labels]
    parts = grouped_stratified_split(names, whole.groups, TEST_FRACTION, seed)
    training, test = (replace(whole, images=whole.images.subset(part)) for part in parts)
    return replace(dataset, training=training, test=test), test


def _settle_white(training: CheckedImages, stretch: bool, context: RunContext) -> None:
    """Take the white of the training images if that is asked for, else say how to ask for it."""
    white = common_white([training.infos[path] for path in training.paths])
    if white is None:
        return
    if stretch:
        context.decoding = replace(context.decoding, white=white)
        context.progress.say(f"Stretched: {white:,} is white in images of 16 bits")
    else:
        context.progress.say(f"--stretch takes {white:,} for white")


def _check_test(images: ImageSet, folder: Path, context: RunContext) -> CheckedImages:
    checked = check_images(images, context)
    if len(checked) == 0:
        raise RequestError(f"{folder}: no test image decodes; fix or replace them")
    return checked


def _say(report: ScanReport, progress: Progress) -> None:
    for sentence in report.sentences():
        progress.say(sentence)
