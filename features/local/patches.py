"""Square colour patches of an image, at every position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Described, Descriptor, Floats, Indices, mirror_order
from handcraft.features.local.grid import places_of_positions
from handcraft.features.state import parameter


@dataclass(frozen=True)
class Patches(Descriptor):
    """The pixels around every position, from 0 to 255.

    Parameters
    ----------
    side
        Side of a patch in pixels.
    """

    kind: ClassVar[str] = "patches"
    symmetric: ClassVar[bool] = True

    side: int = parameter(5, low=1, high=32)

    @property
    def n_values(self) -> int:
        """Three for each pixel."""
        return self.side**2 * 3

    @property
    def mirror_order(self) -> Indices:
        """Columns in reverse order."""
        return mirror_order(self.side, self.side, 3)

    def min_side(self, side: int) -> int:
        """Return the side of a patch."""
        return self.side

    def describe(self, image: Image) -> Described:
        """Cut out all patches of an RGB image."""
        n_rows, n_columns = (n - self.side + 1 for n in image.shape[:2])
        return Described(places_of_positions(n_rows, n_columns), dense_patches(image, self.side))


def dense_patches(image: Image, side: int) -> Floats:
    """Return all patches of side x side pixels, at every position.

    Parameters
    ----------
    image
        uint8 (height, width, 3), no smaller than a patch.

    Returns
    -------
    patches
        float32 (n_rows * n_columns, side * side * 3), from 0 to 255, where n_rows = height - side +
        1; positions row by row, and within a patch the pixels row by row, each R, G, B.
    """
    height, width, n_channels = image.shape
    lines = image.astype(np.float32).reshape(height, width * n_channels)
    windows = sliding_window_view(lines, (side, side * n_channels))[:, ::n_channels]
    return windows.reshape(-1, side * side * n_channels)
