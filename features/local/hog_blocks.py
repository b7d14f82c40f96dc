"""Blocks of oriented gradients all over an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from handcraft.data.decode import Image
from handcraft.features.cells import cell_histograms, window_weights
from handcraft.features.gradients import orientation_planes
from handcraft.features.local.descriptor import Described, Descriptor, Floats, Indices, mirror_order
from handcraft.features.local.grid import places_of_positions, symmetric_positions
from handcraft.features.state import parameter

BLOCK = 2
"""Cells along a side of a block (Dalal & Triggs 2005)."""


@dataclass(frozen=True)
class HogBlocks(Descriptor):
    """Blocks of 2 x 2 cells, each a histogram of signed gradient orientations; not normalised.

    Each vote is interpolated between the two nearest orientations and weighted by a triangular
    window over the cell. The first orientation is centred on the horizontal, as most edges of
    objects are horizontal or vertical.

    Parameters
    ----------
    cell
        Distance of cell centres in pixels; the windows overlap by half.
    step
        Distance of blocks in pixels.
    orientations
        Over 360 degrees, an even number. Eight signed ones are more discriminative on CIFAR-10 than
        nine unsigned ones.

    Notes
    -----
    Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", 2005,
    doi:10.1109/CVPR.2005.177. Departures: blocks overlap by more, orientations are signed, and
    the first is centred on the horizontal.
    """

    kind: ClassVar[str] = "hog-blocks"
    symmetric: ClassVar[bool] = True

    cell: int = parameter(3, low=1, high=32)
    step: int = parameter(1, low=1, high=32)
    orientations: int = parameter(8, choices=tuple(range(2, 65, 2)))

    @property
    def n_values(self) -> int:
        """Cells of a block times orientations."""
        return BLOCK**2 * self.orientations

    @property
    def mirror_order(self) -> Indices:
        """Columns of cells in reverse order, orientations mirrored."""
        return mirror_order(BLOCK, BLOCK, self.orientations, turn=True)

    def min_side(self, side: int) -> int:
        """Return the pixels that a block's cell centres span."""
        return self.cell + 1

    def describe(self, image: Image) -> Described:
        """Describe an RGB image; values are 0 or more, in grey levels per two pixels."""
        planes = orientation_planes(
            image[None], self.orientations, signed=True, interpolate=True, first=0.0
        )
        rows, columns = (_weights(side, self.cell, self.step) for side in image.shape[:2])
        cells = cell_histograms(planes, rows, columns)
        # From cell-major to block-major order.
        by_cell = cells.reshape(BLOCK, len(rows) // BLOCK, BLOCK, len(columns) // BLOCK, -1)
        blocks = by_cell.transpose(1, 3, 0, 2, 4).reshape(-1, self.n_values)
        n_rows, n_columns = (side - self.cell for side in image.shape[:2])
        return Described(places_of_positions(n_rows, n_columns, self.step), blocks)


@lru_cache(maxsize=8)
def _weights(side: int, cell: int, step: int) -> Floats:
    """Return weights of pixels in the first cells of all blocks along a side, then in the last.

    float32 (2 n_blocks, side).
    """
    first = symmetric_positions(side - cell, step)
    centres = np.concatenate([first, first + cell]) + 0.5
    return window_weights(side, centres, cell, interpolate=True)
