"""Checks of a run's images without reading them again: copies, leaks, shortcuts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from handcraft.data.decode import DecodeOptions
from handcraft.data.names import counted, printable
from handcraft.pipeline.checks.class_checks import IMBALANCE
from handcraft.pipeline.checks.findings import Severity
from handcraft.pipeline.checks.shortcuts import codes, measure_all, predicted_by, severity_of
from handcraft.pipeline.images.colour import other_colours, share_of_grey
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.duplicates import duplicate_groups, leaked
from handcraft.pipeline.images.intake import CheckedImages


def describe(dataset: Dataset, found: Sequence[str]) -> str:
    """Return lines on the numbers of classes and images, and what `quick_findings` `found`."""
    n_test = f" and {len(dataset.test):,} test" if dataset.test is not None else ""
    n_classes = len(dataset.class_names)
    counts = f"{n_classes} classes, {len(dataset.training):,} training{n_test} images"
    return "\n".join([counts, *(f"check: {sentence}" for sentence in found)])


def quick_findings(
    dataset: Dataset, decoding: DecodeOptions, class_weight: str | None = None
) -> list[str]:
    """Return the findings to report before a run; mostly there are none.

    They are based on what intake knows (equal files, image sizes and extensions) and, with test
    images, on a few images decoded with `decoding`. ``handcraft check`` finds the rest, such as
    copies in another format. With a `class_weight`, classes of very different sizes are not
    reported.
    """
    training = dataset.training
    leaks, colours = [], []
    if dataset.test is not None:
        leaks, colours = _leaks(training, dataset.test), _colours(training, dataset.test, decoding)
    imbalance = [] if class_weight else _imbalance(dataset)
    return [*leaks, *colours, *_copies(training), *imbalance, *_shortcuts(training)]


def _leaks(training: CheckedImages, test: CheckedImages) -> list[str]:
    n_leaked = int(leaked(test.digests, training.digests).sum())
    return [f"{n_leaked:,} of {len(test):,} test images are training images"] if n_leaked else []


def _colours(training: CheckedImages, test: CheckedImages, decoding: DecodeOptions) -> list[str]:
    shares = [share_of_grey(images.paths, decoding) for images in (training, test)]
    said = other_colours(*shares)
    return [f"the test images are {said}"] if said else []


def _copies(training: CheckedImages) -> list[str]:
    groups = duplicate_groups(training.digests)
    in_class = np.unique(np.column_stack([groups, training.labels]), axis=0)
    conflicts = np.flatnonzero(np.bincount(in_class[:, 0]) > 1)
    n_repeats = len(training) - len(in_class)
    lines = []
    if len(conflicts):
        what, copies = counted(len(conflicts), "image"), np.flatnonzero(groups == conflicts[0])
        first, last = (printable(training.paths[i]) for i in copies[[0, -1]])  # sorted by class
        lines.append(f"{what} in more than one class, such as {first} and {last}")
    if n_repeats:
        lines.append(f"{counted(n_repeats, 'exact duplicate')} within a class")
    return lines


def _imbalance(dataset: Dataset) -> list[str]:
    counts = np.bincount(dataset.training.labels)
    if counts.max() <= IMBALANCE * counts.min():
        return []
    sizes = {dataset.class_names[i]: counts[i] for i in (counts.argmax(), counts.argmin())}
    named = " against ".join(f"{n:,} images of {printable(name)}" for name, n in sizes.items())
    return [f"{named}: judge by the mean per class; --class-weight balanced trains for it"]


def _shortcuts(training: CheckedImages) -> list[str]:
    infos = [training.infos[path] for path in training.paths]
    properties = {
        "image size": np.array([(info.height, info.width) for info in infos], np.float64),
        "aspect ratio": np.array([info.width / info.height for info in infos]),
        "name's ending": codes(np.array([path.suffix.lower() for path in training.paths])),
    }
    varied = {name: values for name, values in properties.items() if (values != values[0]).any()}
    measured = measure_all(varied, training.labels) if varied else []
    found = [shortcut for shortcut in measured if severity_of(shortcut) == Severity.WARNING]
    return [f"the class can be {predicted_by(found)}"] if found else []
