"""Small pictures of images, and which of many to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image, read_image
from handcraft.features.resize import resize
from handcraft.pipeline.images.dataset import Dataset

SIDE = 48
"""Of a thumbnail, in pixels."""

N_OF_CLASS = 8
"""Images shown of a class."""


def spread(n: int, wanted: int) -> NDArray[np.intp]:
    """Return up to `wanted` of n indices, evenly spread.

    >>> spread(10, 5).tolist(), spread(2, 5).tolist()
    ([0, 2, 4, 6, 8], [0, 1])
    """
    return np.arange(min(n, wanted)) * n // min(n, wanted)


def thumbnail(path: Path, side: int = SIDE) -> Image:
    """Return an image as a small square."""
    return resize(read_image(path), side, side)


def class_strip(dataset: Dataset, label: int) -> Image:
    """Return up to `N_OF_CLASS` training images of a class, side by side."""
    of_class = np.flatnonzero(dataset.training.labels == label)
    chosen = of_class[spread(len(of_class), N_OF_CLASS)]
    return np.concatenate([thumbnail(dataset.training.paths[i]) for i in chosen], axis=1)
