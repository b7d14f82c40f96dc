"""HOG words: visual words of HOG blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.base import Image
from features.gradients import orientation_planes
from features.hog import cell_histograms
from features.local_words import Floats, LocalWords

N_ORIENTATIONS = 8
"""Signed. Unsigned ones, or more of them, tell less on CIFAR-10."""

NOISE = 5.0
"""Added to the sum of a block, in grey levels, so that noise is not blown up."""


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
    Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", 2005, for the blocks;
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", 2011,
    for the code.
    """

    name: ClassVar[str] = "hog-words"

    cell: int = 3

    def _n_positions(self, side: int) -> int:
        return side - self.cell

    def _describe(self, image: Image) -> Floats:
        # The first orientation is the horizontal one: most edges of things are upright or level.
        planes = orientation_planes(image[None], N_ORIENTATIONS, True, True, first=0.0)
        weights = _triangles(len(image), self.cell)
        cells = cell_histograms(planes, weights, weights)[0]
        near, far = slice(None, -self.cell), slice(self.cell, None)
        corners = ((near, near), (near, far), (far, near), (far, far))
        return np.concatenate([cells[corner] for corner in corners], axis=-1)

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

    name: ClassVar[str] = "hog-words-wide"

    cell: int = 5


def _triangles(side: int, cell: int) -> Floats:
    """Return the weights of pixels in the window at each pixel: float32 (side, side).

    They are max(0, 1 - t) / cell, with t the distance in cells.
    """
    pixels = np.arange(side)
    distances = np.abs(pixels[:, None] - pixels) / cell
    weights: Floats = (np.maximum(0, 1 - distances) / cell).astype(np.float32)
    return weights
