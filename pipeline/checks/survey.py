"""What the checks look at: all images of a folder, the class and part of each, the raw values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError
from handcraft.data.folder import scan, scan_test
from handcraft.data.image_set import ImageSet
from handcraft.data.listing.report import ScanReport
from handcraft.pipeline.checks.measure import Measurement, measure_images
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True, eq=False)
class Survey:
    """The images of a folder that decode, and what was measured.

    Attributes
    ----------
    class_names
        The classes, with or without images that decode.
    paths, labels, in_test
        The file of each image, its class as an index, and whether it is a test image.
    measured
        The raw values of each image.
    unreadable
        The other images, and why each does not decode.
    skipped
        What else lies in the folder.
    """

    class_names: tuple[str, ...]
    paths: tuple[Path, ...]
    labels: NDArray[np.intp]
    in_test: NDArray[np.bool_]
    measured: tuple[Measurement, ...]
    unreadable: tuple[tuple[Path, DecodeError], ...]
    skipped: ScanReport

    def __len__(self) -> int:
        return len(self.paths)

    def values(self, of: Callable[[Measurement], Any]) -> NDArray[Any]:
        """Return a raw value of every image: (n_images, ...)."""
        return np.array([of(measurement) for measurement in self.measured])

    def pick(self, indices: Iterable[Any]) -> tuple[Path, ...]:
        """Return the files of some images."""
        return tuple(self.paths[i] for i in indices)


def survey(folder: Path, test_folder: Path | None, context: RunContext) -> Survey:
    """List the images of `folder` and read each once.

    Raises
    ------
    RequestError
        If `folder` is not a class-per-folder tree; see `handcraft.data.folder.scan`.
    """
    manifest = scan(folder)
    test = manifest.test
    if test_folder is not None:
        test, _ = scan_test(test_folder, manifest.class_names)
    return _measure(manifest.class_names, manifest.train, test, manifest.report, context)


def _measure(
    class_names: tuple[str, ...],
    train: ImageSet,
    test: ImageSet | None,
    skipped: ScanReport,
    context: RunContext,
) -> Survey:
    parts = [train] if test is None else [train, test]
    paths = [path for part in parts for path in part.paths]
    labels = np.concatenate([part.labels for part in parts])
    in_test = np.arange(len(paths)) >= len(train)
    found = measure_images(paths, context)
    good = [i for i, result in enumerate(found) if isinstance(result, Measurement)]
    return Survey(
        class_names=class_names,
        paths=tuple(paths[i] for i in good),
        labels=labels[good],
        in_test=in_test[good],
        measured=tuple(result for result in found if isinstance(result, Measurement)),
        unreadable=tuple(
            (path, result)
            for path, result in zip(paths, found, strict=True)
            if isinstance(result, DecodeError)
        ),
        skipped=skipped,
    )
