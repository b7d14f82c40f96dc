"""Survey of a folder for the checks: class, part and raw values of all images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.listing.layout import Classes
from handcraft.data.listing.report import ScanReport
from handcraft.data.listing.source import read_source
from handcraft.pipeline.checks.measure import Measurement, measure_images
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True, eq=False)
class Survey:
    """The images of a folder that decode, and their raw values.

    Attributes
    ----------
    class_names
        The classes, with or without images that decode.
    paths, labels, in_test, groups
        The file of each image, its class as an index, whether it is a test image, and its group:
        its own path where it has none.
    measured
        The raw values of each image.
    unreadable
        The other images, and why each does not decode.
    report
        Whatever else is in the folder and in that of the test images.
    """

    class_names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: NDArray[np.intp]
    in_test: NDArray[np.bool_]
    groups: tuple[str, ...]
    measured: tuple[Measurement, ...]
    unreadable: tuple[tuple[Path, DecodeError], ...]
    report: ScanReport

    def __len__(self) -> int:
        return len(self.paths)

    def values(self, of: Callable[[Measurement], Any]) -> NDArray[Any]:
        """Return a raw value of every image: (n_images, ...)."""
        return np.array([of(measurement) for measurement in self.measured])

    def pick(self, indices: Iterable[Any]) -> tuple[Path, ...]:
        """Return the files of some images."""
        return tuple(self.paths[i] for i in indices)


def survey(
    folder: Path,
    test_folder: Path | None,
    context: RunContext,
    labelling: Labelling = CLASS_FOLDERS,
) -> Survey:
    """List the images of `folder` and read each once.

    Unlike `handcraft.data.folder.scan` it accepts any number of classes and of images in them, and
    test classes without training images, as the checks are to find these.

    Raises
    ------
    RequestError
        If there is no such folder, or no image with a class in it.
    """
    report = ScanReport()
    training, test, groups = _read_classes(folder, test_folder, labelling, report)
    class_names = tuple(dict.fromkeys([*training, *test]))
    listed = [
        (path, class_names.index(name), in_test)
        for in_test, part in ((False, training), (True, test))
        for name, paths in part.items()
        for path in paths
    ]
    found = measure_images([path for path, _, _ in listed], context)
    readable = [(*of, m) for of, m in zip(listed, found, strict=True) if isinstance(m, Measurement)]
    return Survey(
        class_names=class_names,
        paths=tuple(path for path, _, _, _ in readable),
        labels=np.array([label for _, label, _, _ in readable], np.intp),
        in_test=np.array([in_test for _, _, in_test, _ in readable], np.bool_),
        groups=tuple(groups.get(path, str(path)) for path, _, _, _ in readable),
        measured=tuple(measurement for _, _, _, measurement in readable),
        unreadable=tuple(
            (of[0], error)
            for of, error in zip(listed, found, strict=True)
            if isinstance(error, DecodeError)
        ),
        report=report,
    )


def _read_classes(
    folder: Path, test_folder: Path | None, labelling: Labelling, report: ScanReport
) -> tuple[Classes, Classes, Mapping[Path, str]]:
    """Return training and test images by class, and groups; report everything else."""
    source = read_source(folder, labelling, report, to_train=False)
    training, test = source.training, source.test or {}
    if test_folder is not None:
        of_test = replace(labelling, table=None)
        test = read_source(test_folder, of_test, report, to_train=False).to_test()
    small = {name for name, paths in training.items() if len(paths) < labelling.min_images}
    for name in small:
        training.pop(name)
        test.pop(name, None)
    return training, test, source.groups
