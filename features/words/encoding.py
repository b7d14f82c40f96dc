"""The interface of encodings: sums over descriptors, compared with words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.local.stage import Stage

Summing = Callable[[Floats, Indices, int], Floats]
"""Takes points (n, n_axes), the cell (n,) of each, and the number of cells; returns the sums of the
points' codes in every cell: float32 (n_cells, n_words, values per word)."""


BLOCK_POINTS = 256
"""Points whose individual codes are in memory at a time."""


@dataclass(frozen=True)
class Encoding(Stage, ABC):
    """Compares the points of an image with the words, and sums the results over cells."""

    needs_variances: ClassVar[bool] = False
    """Whether it needs the per-word variances."""

    @abstractmethod
    def values_per_word(self, n_axes: int) -> int:
        """Return the number of values per word and pool."""

    def learn_variances(self, points: Floats, words: Floats) -> Floats:
        """Return the variances of a sample of points around each word: (n_words, n_axes)."""
        return np.zeros_like(words)

    @abstractmethod
    def summing(self, words: Floats, variances: Floats | None) -> Summing:
        """Return the function that encodes images with these words."""

    def summing_both(self, words: Floats, variances: Floats | None, n_odd: int) -> Summing:
        """Return the function that encodes images and their mirror images together.

        It takes the cells of both, (2, n), and returns the sums of both, stacked.

        Parameters
        ----------
        words, variances
            As `summing` takes them.
        n_odd
            In the mirror image a point has the opposite values along the first `n_odd` axes, and
            the same along the others.
        """
        sums = self.summing(words, variances)
        signs = np.where(np.arange(words.shape[1]) < n_odd, np.float32(-1), np.float32(1))
        return lambda points, cells, n_cells: np.stack(
            [sums(points, cells[0], n_cells), sums(points * signs, cells[1], n_cells)]
        )

    @abstractmethod
    def finished(self, pooled: Floats) -> Floats:
        """Return the row of an image, given its sums over pools.

        Parameters
        ----------
        pooled
            float32 (n_pools, n_words, values per word).
        """

    def by_word(self, values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Reorder values from the order of a row to that of the input of `finished`.

        Parameters
        ----------
        values
            (n_features,).
        shape
            Of the sums: (n_pools, n_words, values per word).
        """
        return values.reshape(shape)

    def code_products(
        self,
        points: Floats,
        cells: Indices,
        factors: NDArray[np.float64],
        words: Floats,
        variances: Floats | None,
    ) -> NDArray[np.float64]:
        """Return the inner product of each point's code with the factors of its cell: (n,).

        Parameters
        ----------
        points, cells
            (n, n_axes), and (n,).
        factors
            (n_cells, n_words, values per word).
        words, variances
            As `summing` takes them.
        """
        summing = self.summing(words, variances)
        products = [np.empty(0)]
        for start in range(0, len(points), BLOCK_POINTS):
            block = slice(start, start + BLOCK_POINTS)
            n = len(points[block])
            codes = summing(points[block], np.arange(n), n)  # each in a cell of its own
            products.append(np.einsum("ikv,ikv->i", codes, factors[cells[block]]))
        return np.concatenate(products)

    @abstractmethod
    def value_names(self, pools: Sequence[str], n_words: int, n_axes: int) -> list[str]:
        """Return the names of the values of a row, given those of the pools."""
