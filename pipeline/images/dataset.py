"""Training and test images of a folder, all of which decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError
from handcraft.data.errors import RequestError
from handcraft.data.folder import scan, scan_test
from handcraft.data.image_info import common_white
from handcraft.data.image_set import ImageSet
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.splits import grouped_stratified_folds, grouped_stratified_split
from handcraft.pipeline.images.intake import CheckedImages, check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress

TEST_FRACTION = 0.2
"""The share of each class held out to test on where the folder has no test images."""


@dataclass(frozen=True)
class Dataset:
    """The images of a folder that decode, by part, and those that do not.

    `test` is None until there are test images. `unreadable` are the files left out of all parts,
    `notes` sentences on whatever else was ignored or noticed.
    """

    folder: Path
    class_names: tuple[str, ...]
    training: CheckedImages
    test: CheckedImages | None
    unreadable: tuple[DecodeError, ...]
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, CheckedImages]:
        """The images by part: ``train`` and, if there are any, ``test``."""
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
    None. With `stretch`, the white of images with 16 bits per channel is from here on, in
    `context`, the largest value of as many bits as the training images use, see `common_white`.

    Raises
    ------
    RequestError
        If `folder` is not a class-per-folder tree of at least two classes, no image of a class
        or no test image decodes, or `test_folder` has other classes.
    """
    manifest = scan(folder, labelling, test_folder)
    notes = tuple(manifest.report.sentences())
    _say(notes, context.progress)
    names, test_images = manifest.class_names, manifest.test
    training = check_images(manifest.train, context)
    _settle_white(training, stretch, context)
    counts = np.bincount(training.labels, minlength=len(names))
    for name, count in zip(names, counts, strict=True):
        if count == 0:
            raise RequestError(f"{folder}: no image of class {name!r} decodes; fix or remove it")
    if test_images is None:
        return Dataset(folder, names, training, None, training.unreadable, notes)
    test = _check_test(test_images, test_folder or folder, context)
    return Dataset(folder, names, training, test, training.unreadable + test.unreadable, notes)


def load_test(
    folder: Path,
    class_names: tuple[str, ...],
    context: RunContext,
    labelling: Labelling = CLASS_FOLDERS,
) -> CheckedImages:
    """Return the images of a test folder, all of whose classes are among `class_names`."""
    images, report = scan_test(folder, class_names, labelling)
    _say(report.sentences(), context.progress)
    return _check_test(images, folder, context)


def with_test_images(dataset: Dataset, seed: int) -> tuple[Dataset, CheckedImages]:
    """Return the dataset and its test images: its own, or else a fifth that is held out."""
    if dataset.test is None:
        return hold_out(dataset, seed)
    return dataset, dataset.test


def hold_out(dataset: Dataset, seed: int) -> tuple[Dataset, CheckedImages]:
    """Split the training images by class: four fifths to train on, one fifth to test on.

    Copies of an image, and images of one group, stay on the same side.
    """
    whole = dataset.training
    names = np.array(dataset.class_names, object)[whole.labels]
    _, test = grouped_stratified_split(names, whole.groups, TEST_FRACTION, seed)
    return split_off(dataset, np.isin(np.arange(len(whole)), test))


def split_off(dataset: Dataset, chosen: NDArray[np.bool_]) -> tuple[Dataset, CheckedImages]:
    """Move some training images, by a mask, to the test part; return the dataset and these."""
    whole = dataset.training
    training, test = (
        replace(whole, images=whole.images.subset(np.flatnonzero(part)))
        for part in (~chosen, chosen)
    )
    return replace(dataset, training=training, test=test), test


def split_into_folds(
    dataset: Dataset, n_folds: int, rng: np.random.Generator
) -> list[tuple[Dataset, CheckedImages]]:
    """Move each of `n_folds` stratified folds of the training images to the test part in turn.

    There are fewer if groups do not permit as many: none if each class is a single group.
    """
    images = dataset.training
    folds = grouped_stratified_folds(images.labels, images.groups, n_folds, rng)
    return [split_off(dataset, folds == fold) for fold in np.unique(folds[folds < n_folds])]


@dataclass(frozen=True)
class Splitting:
    """How often the images are split at random.

    Parameters
    ----------
    n_folds
        Folds of a cross-validation; None: a single fifth is held out.
    n_repeats
        Repetitions, each with another random partition.
    """

    n_folds: int | None = None
    n_repeats: int = 1

    @property
    def n_splits(self) -> int:
        """The total number of splits."""
        return (self.n_folds or 1) * self.n_repeats


def random_splits(
    dataset: Dataset, splitting: Splitting, seed: int
) -> list[tuple[Dataset, CheckedImages]]:
    """Split the training images at random, once or several times; see `hold_out`.

    A single split uses the test images of the dataset, if there are any.

    Raises
    ------
    RequestError
        If folds are requested, but all images of each class form one group.
    """
    n_folds = splitting.n_folds
    if splitting.n_splits == 1:
        return [with_test_images(dataset, seed)]
    if n_folds is None:
        return [hold_out(dataset, seed + repeat) for repeat in range(splitting.n_repeats)]
    splits = []
    for repeat in range(splitting.n_repeats):
        splits += split_into_folds(dataset, n_folds, np.random.default_rng([seed, repeat]))
    if len(splits) < 2:
        raise RequestError(
            f"--folds {n_folds}: the images of each class are copies or form one group, which "
            "splits keep together; add images, or leave the option out"
        )
    return splits


def _settle_white(training: CheckedImages, stretch: bool, context: RunContext) -> None:
    """Set the white of 16-bit images if requested, else report the option that does."""
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


def _say(sentences: Sequence[str], progress: Progress) -> None:
    for sentence in sentences:
        progress.say(sentence)
