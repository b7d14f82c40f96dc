"""Summary of a run's images: by class and part, sizes, formats, unreadable files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handcraft.data.decode import DecodeError, DecodeOptions
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.pages.thumbnails import evenly_spread, thumbnail_url
from handcraft.pipeline.results.record import RunRecord, duplicates

MAX_THUMBNAILS, MAX_PER_CLASS = 320, 6
"""The most thumbnails on a page, and per class."""

SIDE = 48
MAX_LISTED = 20
"""The most files to list; results.json lists all."""


@dataclass(frozen=True)
class ClassSummary:
    """A class: its numbers of images by part, and some images as data URLs; None if unreadable."""

    name: str
    counts: list[int]
    pictures: list[str | None]


@dataclass(frozen=True)
class DataSummary:
    """The images of a run.

    Attributes
    ----------
    parts
        ``train``, ``test``: the parts of the counts of a class.
    width, height
        Smallest, median and largest, in pixels.
    formats
        The number of files of each format, the most frequent first.
    unreadable, n_unreadable
        The first unreadable files, and the number of all.
    copies, n_copies
        The first groups of files equal byte for byte, as texts, and the number of all.
    notes
        Whatever else was ignored or noticed.
    """

    parts: list[str]
    classes: list[ClassSummary]
    width: tuple[int, int, int]
    height: tuple[int, int, int]
    formats: dict[str, int]
    unreadable: Sequence[DecodeError]
    n_unreadable: int
    copies: list[str]
    n_copies: int
    notes: Sequence[str]


def data_summary(record: RunRecord, decoding: DecodeOptions) -> DataSummary:
    """Return the summary of a run's images, with thumbnails of the first part."""
    names, parts = record.class_names, list(record.parts.values())
    counts = np.array([np.bincount(part.labels, minlength=len(names)) for part in parts])
    infos = [part.infos[path] for part in parts for path in part.paths]
    groups = duplicates(names, record.parts)
    n_shown = max(1, min(MAX_PER_CLASS, MAX_THUMBNAILS // len(names)))
    return DataSummary(
        parts=list(record.parts),
        classes=[
            ClassSummary(name, counts[:, k].tolist(), _pictures(parts[0], k, n_shown, decoding))
            for k, name in enumerate(names)
        ],
        width=_range([info.width for info in infos]),
        height=_range([info.height for info in infos]),
        formats=dict(Counter(info.format for info in infos).most_common()),
        unreadable=record.unreadable[:MAX_LISTED],
        n_unreadable=len(record.unreadable),
        copies=[
            ", ".join(f"{one['path']} ({one['class']}, {one['part']})" for one in group)
            for group in groups[:MAX_LISTED]
        ],
        n_copies=len(groups),
        notes=record.notes,
    )


def _pictures(
    images: CheckedImages, label: int, n_shown: int, decoding: DecodeOptions
) -> list[str | None]:
    """Return images of a class, evenly spread over its folder, in order."""
    members = np.flatnonzero(images.labels == label)
    chosen = members[evenly_spread(len(members), n_shown)]
    return [thumbnail_url(images.paths[i], SIDE, decoding) for i in chosen]


def _range(values: Sequence[int]) -> tuple[int, int, int]:
    return min(values), round(float(np.median(values))), max(values)
