"""Encoding by residuals (VLAD): differences of descriptors and the words they are assigned to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.threads import product_threads
from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.local.normalisation import inverse_lengths
from handcraft.features.state import parameter
from handcraft.features.words.assignment import member_sums, soft_assignment
from handcraft.features.words.encoding import Encoding, Summing

BLOCK_POINTS = 1_024
"""Points of a sample that a thread compares with all words at a time."""


@dataclass(frozen=True)
class Residuals(Encoding):
    """Sums of residuals x - w of points x to their words w, and of their squares.

    The squares are taken minus the per-word variance, so that they are 0 on average. First and
    second order are each normalised by `vlad`, and weighted; a row has length 1.

    Parameters
    ----------
    n_nearest, sharpness
        See `handcraft.features.words.assignment.soft_assignment`.
    second_order
        Weight of the squares in the inner product of two rows, relative to the residuals. Squares
        gained 2 percentage points on Caltech-101, with 15 training images per class.

    Notes
    -----
    Jegou, Douze, Schmid & Perez, "Aggregating Local Descriptors into a Compact Image
    Representation", 2010, doi:10.1109/CVPR.2010.5540039. Squares: Peng, Wang, Qiao & Peng,
    "Boosting VLAD with Supervised Dictionary Learning and High-Order Statistics", 2014,
    doi:10.1007/978-3-319-10578-9_43, without their supervision and third order. Departure: soft
    assignment to a few words instead of the nearest.
    """

    kind: ClassVar[str] = "residuals"
    needs_variances: ClassVar[bool] = True

    n_nearest: int = parameter(5, low=1, high=64)
    sharpness: float = parameter(10.0, low=0, high=1_000)
    second_order: float = parameter(0.5, low=0, high=1_000)

    def values_per_word(self, n_axes: int) -> int:
        """Return two for each axis."""
        return 2 * n_axes

    def learn_variances(self, points: Floats, words: Floats) -> Floats:
        """Return the mean of (x - w)^2 over the points x assigned to each word, by their weights.

        float32 (n_words, n_axes); zeros for a word without points.
        """
        squares, totals = np.zeros_like(words), np.zeros((len(words), 1), np.float32)
        blocks = [points[i : i + BLOCK_POINTS] for i in range(0, len(points), BLOCK_POINTS)]
        with product_threads(None) as threads:
            for _, second, weights in threads.map(
                lambda block: self._moments(block, np.zeros(len(block), np.intp), 1, words), blocks
            ):
                squares += second[0]
                totals += weights[0]
        np.maximum(squares, 0, out=squares)  # rounding may leave less
        return squares * np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)

    def summing(self, words: Floats, variances: Floats | None) -> Summing:
        """Return the function that sums residuals, and their squares minus the variances."""
        if variances is None:
            raise ValueError("residuals need the per-word variances, see learn_variances")
        return partial(self._sums, words, variances)

    def finished(self, pooled: Floats) -> Floats:
        """Return both orders, with total length 1; all zeros if there is no residual."""
        values = pooled.reshape(-1, pooled.shape[2])  # word by word, pool by pool
        orders = zip(np.split(values, 2, axis=1), (1.0, self.second_order), strict=True)
        total = 1 + self.second_order
        return np.concatenate(
            [vlad(order) * np.float32(np.sqrt(weight / total)) for order, weight in orders]
        )

    def by_word(self, values: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Interleave the two orders, consecutive in a row, by word."""
        n_pools, n_words, _ = shape
        return np.concatenate(values.reshape(2, n_pools, n_words, -1), axis=2)

    def code_products(
        self,
        points: Floats,
        cells: Indices,
        factors: NDArray[np.float64],
        words: Floats,
        variances: Floats | None,
    ) -> NDArray[np.float64]:
        """Return the inner products, with the few words of each point and no zeros."""
        first, second = np.split(factors, 2, axis=2)
        products = np.zeros(len(points))
        indices, weights = soft_assignment(points, words, self.n_nearest, self.sharpness)
        for nearest, weight in zip(indices.T, weights.T, strict=True):
            residuals = points - words[nearest]
            squares = residuals * residuals - (0 if variances is None else variances[nearest])
            along = np.einsum("ij,ij->i", residuals, first[cells, nearest])
            along += np.einsum("ij,ij->i", squares, second[cells, nearest])
            products += weight * along
        return products

    def value_names(self, pools: Sequence[str], n_words: int, n_axes: int) -> list[str]:
        """Return `mean_l1_r0_c0_0042_07`: the residual of word 42 along the eighth axis."""
        return [
            f"{order}_{pool}_{word:04d}_{axis:02d}"
            for order in ("mean", "variance")
            for pool in pools
            for word in range(n_words)
            for axis in range(n_axes)
        ]

    def _sums(
        self, words: Floats, variances: Floats, points: Floats, cells: Indices, n_cells: int
    ) -> Floats:
        """Return both orders of each word in each cell: (n_cells, n_words, 2 n_axes)."""
        first, second, totals = self._moments(points, cells, n_cells, words)
        return np.concatenate([first, second - totals * variances], axis=2)

    def _moments(
        self, points: Floats, cells: Indices, n_cells: int, words: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """Return for each cell and word the sums of a (x - w), a (x - w)^2 and the weights a.

        float32 (n_cells, n_words, n_axes), twice, and (n_cells, n_words, 1). With the sums of a x
        and a x^2, from one product, the first is sum(a x) - w sum(a), and the second is
        sum(a x^2) - w (sum(a x) + first).
        """
        indices, weights = soft_assignment(points, words, self.n_nearest, self.sharpness)
        of_cells = cells[:, None] * len(words) + indices  # those of a cell follow one another
        powers = np.hstack([points, points * points, np.ones((len(points), 1), np.float32)])
        sums = member_sums(powers, of_cells, weights, n_cells * len(words))
        sums = sums.reshape(n_cells, len(words), -1)
        of_points, of_squares, totals = np.split(sums, [words.shape[1], -1], axis=2)
        first = of_points - totals * words
        return first, of_squares - words * (of_points + first), totals


def vlad(sums: Floats) -> Floats:
    """Return the vector of locally aggregated descriptors of an image, of length 1.

    1. Scale each word's sum to length 1 (intra-normalisation), so that a frequent word, of a
       texture or the background, counts no more than a rare one.
    2. Take signed square roots, to reduce the influence of single large values.
    3. Scale the whole to length 1.

    Parameters
    ----------
    sums
        float32 (n_words, n_axes), or as many rows for each pool; zeros stay zeros.

    Returns
    -------
    code
        float32 (sums.size,), row by row.

    Notes
    -----
    Step 1 is Arandjelovic & Zisserman, "All about VLAD", 2013, doi:10.1109/CVPR.2013.207; step 2 is
    not theirs, but Perronnin's for Fisher vectors.
    """
    scaled = sums * inverse_lengths(sums)
    roots = np.sqrt(np.abs(scaled))
    code: Floats = np.copysign(roots, scaled, out=roots).ravel()
    length = np.sqrt(code @ code)
    if length > 0:
        code /= length
    return code
