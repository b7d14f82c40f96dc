"""The interface of local descriptors to the encoder of visual words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.stage import Stage

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]


N_PLACE = 3
"""Number of values of a place."""


class Described(NamedTuple):
    """The local descriptors of an image, and their places."""

    places: Floats
    """(n, 3): x and y as shares of the width and the height, and the scale as a share of the range
    of scales; from 0 to 1."""

    values: Floats
    """(n, n_values)."""


@dataclass(frozen=True)
class Descriptor(Stage, ABC):
    """Describes the surroundings of many points of an image."""

    symmetric: ClassVar[bool] = False
    """Whether an image and its mirror image have mirrored descriptors at mirrored places."""

    @property
    @abstractmethod
    def n_values(self) -> int:
        """The length of a descriptor."""

    @property
    @abstractmethod
    def mirror_order(self) -> Indices:
        """(n_values,): ``values[:, mirror_order]`` are the values in the mirror image."""

    @abstractmethod
    def min_side(self, side: int) -> int:
        """Return the least shorter side, in pixels, of an image whose longer side is `side`."""

    def convert(self, image: Image) -> Image:
        """Return the image in the colour space to describe: uint8 (height, width[, channels])."""
        return image

    @abstractmethod
    def describe(self, image: Image) -> Described:
        """Describe a converted image of the right size."""


def mirrored_places(places: Floats) -> Floats:
    """Return the same places in the mirror image: (n, 3)."""
    mirrored = places.copy()
    mirrored[:, 0] = 1 - places[:, 0]
    return mirrored


def mirror_order(*shape: int, turn: bool = False) -> Indices:
    """Return the permutation of values by mirroring: (n_values,).

    Parameters
    ----------
    shape
        The axes of a descriptor: rows, columns, and values in each of these.
    turn
        Whether the last axis holds orientations, an even number, the first of them horizontal:
        in the mirror image k becomes n / 2 - k.

    Examples
    --------
    >>> mirror_order(1, 3, 2)
    array([4, 5, 2, 3, 0, 1])
    >>> mirror_order(1, 1, 8, turn=True)
    array([4, 3, 2, 1, 0, 7, 6, 5])
    """
    values = np.arange(np.prod(shape)).reshape(shape)[:, ::-1]
    if turn:
        values = values[:, :, (shape[-1] // 2 - np.arange(shape[-1])) % shape[-1]]
    return values.ravel()
