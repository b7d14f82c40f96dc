"""The circumstances of a run for results.json: command, machine, versions, images."""

from __future__ import annotations

import platform
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np

from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.data.decode import DecodeError
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.libraries import IN_RESULTS, versions
from handcraft.pipeline.run.state_file import fingerprint


@dataclass(frozen=True)
class RunRecord:
    """The circumstances of a run.

    Attributes
    ----------
    folder, test_folder
        The folders of the images.
    class_names
        The name of each label.
    parts
        The images by part: ``train``, ``test``.
    unreadable
        The image files left out of all parts.
    is_bundled_sample
        See `Comparison`.
    started, ended
        The start of the run, in UTC, and the end of the measurements; None if it is running.
    settings
        The settings on which the results depend: plain data.
    model
        The saved model, which may be trained on more images than the tested one.
    notes
        Sentences on what was ignored in the folder, or is doubtful about it.
    stages
        The stages, in order, and the seconds that each took.
    command
        The command line; None for use as a library.
    """

    folder: Path
    test_folder: Path | None
    class_names: tuple[str, ...]
    parts: Mapping[str, CheckedImages]
    unreadable: tuple[DecodeError, ...]
    started: datetime
    is_bundled_sample: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    model: Model | None = None
    notes: tuple[str, ...] = ()
    stages: tuple[tuple[str, float], ...] = ()
    command: str | None = None
    ended: datetime | None = None

    @classmethod
    def of(
        cls,
        dataset: Dataset,
        test_folder: Path | None,
        started: datetime,
        settings: Mapping[str, Any],
        found: Sequence[str] = (),
        is_bundled_sample: bool = False,
    ) -> Self:
        """Return the record of a run on a dataset, whose notes include the sentences of `found`.

        Without test images all images are tested on, in folds.
        """
        has_test = dataset.test is not None
        return cls(
            dataset.folder,
            test_folder,
            dataset.class_names,
            dataset.parts if has_test else {"folds": dataset.training},
            dataset.unreadable,
            started,
            is_bundled_sample,
            settings,
            notes=(*dataset.notes, *found),
        )

    def fingerprints(self, tested: Model) -> dict[str, str | None]:
        """Return short hashes of data, settings and model: equal runs have equal ones.

        `tested` is the model of the headline, used if none was saved.
        """
        return {
            "data": data_fingerprint(self.class_names, self.parts),
            "settings": fingerprint(dict(self.settings)),
            "model": (self.model or tested).fingerprint,
        }

    def describe(self) -> dict[str, Any]:
        """Return the entries of results.json about the run."""
        seconds = ((self.ended or datetime.now(UTC)) - self.started).total_seconds()
        return {
            "command": self.command,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "machine": describe_machine(),
            "versions": {"python": platform.python_version()} | versions(IN_RESULTS),
            "settings": dict(self.settings),
            "data": self._data(),
        }

    def _data(self) -> dict[str, Any]:
        test_folder = None if self.test_folder is None else str(self.test_folder.absolute())
        return {
            "folder": str(self.folder.absolute()),
            "test_folder": test_folder,
            "is_bundled_sample": self.is_bundled_sample,
            "class_names": list(self.class_names),
            "images": {part: self._count(images) for part, images in self.parts.items()},
            "unreadable": [
                {"path": error.path, "reason": error.reason, "remedy": error.remedy}
                for error in self.unreadable
            ],
            "duplicates": duplicates(self.class_names, self.parts),
            "split": {part: images.digests for part, images in self.parts.items()},
        }

    def _count(self, images: CheckedImages) -> dict[str, Any]:
        counts = np.bincount(images.labels, minlength=len(self.class_names))
        per_class = dict(zip(self.class_names, counts.tolist(), strict=True))
        return {"n_images": len(images), "per_class": per_class}


def data_fingerprint(class_names: tuple[str, ...], parts: Mapping[str, CheckedImages]) -> str:
    """Return a hash of the content of the images with their classes, by part.

    It does not depend on file names or on the folder.
    """
    content = {
        part: sorted(zip(_names(class_names, images), images.digests, strict=True))
        for part, images in parts.items()
    }
    return fingerprint(content)


def duplicates(
    class_names: tuple[str, ...], parts: Mapping[str, CheckedImages]
) -> list[list[dict[str, str]]]:
    """Return the groups of images equal byte for byte: path, class and part of each."""
    groups: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for part, images in parts.items():
        names = _names(class_names, images)
        for path, name, digest in zip(images.paths, names, images.digests, strict=True):
            groups[digest].append({"path": str(path), "class": name, "part": part})
    return [group for group in groups.values() if len(group) > 1]


def describe_machine() -> dict[str, Any]:
    """Return the processor and the operating system, on which numbers may depend."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": usable_cores(),
    }


def _processor() -> str:
    """Return the model name of the processor; Python itself does not know it on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _names(class_names: tuple[str, ...], images: CheckedImages) -> list[str]:
    return [class_names[label] for label in images.labels]
