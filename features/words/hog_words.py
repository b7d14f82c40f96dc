"""HOG words: visual words of HOG blocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from handcraft.data.decode import Image
from handcraft.features.block_norms import blocks_of_cells
from handcraft.features.gradients import orientation_planes
from handcraft.features.hog import cell_histograms, window_weights
from handcraft.features.state import parameter
from handcraft.features.words.pooled_words import Floats, LocalWords

N_ORIENTATIONS = 8
"""Signed; nine unsigned ones tell less on CIFAR-10."""

NOISE = 5.0
"""Added to the sum of a block, in grey levels per two pixels, so that noise is not blown up."""


@dataclass
class HogWords(LocalWords):
    """Soft counts of visual words of HOG blocks, see `LocalWords`.

    Around every position there is a block of 2 x 2 cells, each a histogram of the signed gradient
    orientations under a triangular window; its values are divided by their sum, and roots taken
    (L1-sqrt). Blocks do not tell where exactly an edge is, nor what colours it parts: that makes
    these words indifferent to small changes of form. By themselves they tell less than patch words,
    but beside them they add more than as many patch words again.

    Parameters
    ----------
    cell
        Distance of cell centres in pixels; the windows overlap by half.

    The other parameters and the attributes are those of `LocalWords`.

    Notes
    -----
    Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", 2005, for the blocks.
    Departures: they are at every pixel, orientations are signed, the first is centred on the
    horizontal (most edges of things are level or upright), and `NOISE` is in the norm.
    """

    kind: ClassVar[str] = "hog-words"

    cell: int = parameter(3, low=1, high=24)

    def _n_positions(self, side: int) -> int:
        return side - self.cell

    def _describe(self, image: Image) -> Floats:
        planes = orientation_planes(
            image[None], N_ORIENTATIONS, signed=True, interpolate=True, first=0.0
        )
        weights = _weights(len(image), self.cell)
        cells = cell_histograms(planes, weights, weights)
        blocks: Floats = blocks_of_cells(cells, block=2, apart=self.cell)[0]
        return blocks

    def _normalise(self, raw: Floats) -> Floats:
        normalised: Floats = np.sqrt(raw / (raw.sum(axis=1, keepdims=True) + np.float32(NOISE)))
        return normalised

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not 1 <= self.cell <= self.MIN_SIDE - self.grid:
            raise ValueError(
                f"cell={self.cell} with grid={self.grid}; images of {self.MIN_SIDE} pixels need a "
                f"cell of 1 to {self.MIN_SIDE - self.grid}, so that no cell of the grid is empty"
            )


@dataclass
class WideHogWords(HogWords):
    """HOG words of wider blocks: other words, and beside the narrow ones they add to them."""

    kind: ClassVar[str] = "hog-words-wide"

    cell: int = parameter(5, low=1, high=24)


@lru_cache(maxsize=8)
def _weights(side: int, cell: int) -> Floats:
    """Return the weights of pixels in cells centred at each pixel: float32 (side, side)."""
    return window_weights(side, np.arange(side) + 0.5, cell, interpolate=True)
