"""Small pictures of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from handcraft.data.decode import Image, read_image
from handcraft.features.resize import resize
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.pages.thumbnails import evenly_spread

SIDE = 48
"""Of a thumbnail, in pixels."""

N_OF_CLASS = 8
"""Images shown of a class."""


def thumbnail(path: Path, side: int = SIDE) -> Image:
    """Return an image as a small square."""
    return resize(read_image(path), side, side)


def class_strip(dataset: Dataset, label: int) -> Image:
    """Return up to `N_OF_CLASS` training images of a class, side by side."""
    of_class = np.flatnonzero(dataset.training.labels == label)
    chosen = of_class[evenly_spread(len(of_class), N_OF_CLASS)]
    return np.concatenate([thumbnail(dataset.training.paths[i]) for i in chosen], axis=1)
