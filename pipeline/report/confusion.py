"""The confusion matrix of the page: its order, its cells, and the images of each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DEFAULTS, DecodeOptions
from handcraft.pipeline.experiment.statistics import confusion_matrix
from handcraft.pipeline.pages.thumbnails import thumbnail_url
from handcraft.pipeline.report.mistakes import class_pairs, confusion_order
from handcraft.pipeline.run.text import printable

Labels = NDArray[np.intp]

MAX_THUMBNAILS = 2_400
"""Thumbnails on a page: 1.2 kB each at 32 pixels, 3 kB at 64, well below 10 MB in total."""

MAX_PER_CELL = 24
THUMBNAIL_SIDE = 64


@dataclass(frozen=True)
class Cell:
    """One cell: the number of images, their share of the true class, and some to show."""

    true: int
    predicted: int
    count: int
    share: float
    shown: list[int]

    @property
    def key(self) -> str:
        """The key by which the page's script finds the cell."""
        return f"{self.true}-{self.predicted}"


@dataclass(frozen=True)
class ConfusionView:
    """View of a confusion matrix on the page.

    Attributes
    ----------
    order
        The order of the classes in rows and columns, see `confusion_order`.
    cells
        One for each pair (true class, predicted class) that occurs, the most frequent first.
    images
        Thumbnail and name of every image shown in a cell, by its index.
    """

    order: list[int]
    cells: dict[tuple[int, int], Cell]
    images: dict[int, dict[str, str | None]]

    @property
    def confusions(self) -> list[Cell]:
        """The cells off the diagonal, the most frequent first."""
        return [cell for cell in self.cells.values() if cell.true != cell.predicted]

    def script_data(self, class_names: Sequence[str]) -> dict[str, object]:
        """Return the data for report.js."""
        cells = {c.key: {"count": c.count, "shown": c.shown} for c in self.cells.values()}
        return {"images": self.images, "cells": cells, "names": list(map(printable, class_names))}


def confusion_view(
    paths: Sequence[Path],
    labels: Labels,
    predicted: Labels,
    n_classes: int,
    decoding: DecodeOptions = DEFAULTS,
) -> ConfusionView:
    """Return the view of a confusion matrix, with a bounded number of thumbnails.

    Parameters
    ----------
    paths
        The test images.
    labels, predicted
        The true and the predicted class of each: (n_images,).
    decoding
        How the files are decoded.
    """
    pairs = class_pairs(labels, predicted)
    n_shown = min(MAX_PER_CELL, max(1, MAX_THUMBNAILS // len(pairs)))
    cells = {
        (pair.true, pair.predicted): Cell(
            pair.true,
            pair.predicted,
            len(pair.images),
            pair.share,
            pair.images[:n_shown].tolist(),
        )
        for pair in pairs
    }
    shown = sorted({i for cell in cells.values() for i in cell.shown})
    images = {
        i: {
            "url": thumbnail_url(paths[i], THUMBNAIL_SIDE, decoding),
            "name": printable(paths[i].name),
        }
        for i in shown
    }
    order = confusion_order(confusion_matrix(labels, predicted, n_classes))
    return ConfusionView(order, cells, images)
