"""The triangle code: soft counts of visual words, summed over the cells of a grid."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Edges = NDArray[np.intp]

BLOCK_BYTES = 2**21
"""Distances worked on at a time: they stay in a core's second-level cache from the product that
gives them to the sums that use them up."""


class TriangleSums:
    r"""The triangle code of the patches of an image, summed over the cells of a grid.

    With d_k the distance of a patch to word k, and m the mean of its distances to all words, word
    k counts max(0, m - d_k): nothing if it is farther than usual, and the more the nearer.

    1. All squared distances are one matrix product,
       d^2 = ||z||^2 - 2 z w + ||w||^2 = (z, ||z||^2, 1) (-2 w, 1, ||w||^2).
    2. max(0, m - d) is m - min(m, d), of which min(m, d) is worked out in place.
    3. The sum of the code over a cell is the sum of m less the sum of min(m, d).

    Parameters
    ----------
    words
        float32 (n_words, n_axes), whitened.
    n_positions
        Patches along a side of the image.
    grid
        Cells along a side.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011, section 3.2.2 ("K-means (triangle)").
    """

    def __init__(self, words: Floats, n_positions: int, grid: int) -> None:
        n_words = len(words)
        lengths = np.einsum("ij,ij->i", words, words)
        ones = np.ones(n_words, np.float32)
        self.weights = np.stack([*(-2 * words.T), ones, lengths])
        self.averaging = ones / np.float32(n_words)
        self.edges = np.arange(grid + 1) * n_positions // grid
        self.blocks = _row_blocks(self.edges, BLOCK_BYTES // (n_positions * n_words * 4))
        n_rows = max(bottom - top for _, top, bottom in self.blocks)
        self.distances = np.empty((n_rows, n_positions, n_words), np.float32)

    def __call__(self, patches: Floats) -> Floats:
        """Return the sums: float32 (grid, grid, n_words), 0 or more.

        Parameters
        ----------
        patches
            float32 (n_positions, n_positions, n_axes), whitened, of one image.
        """
        lengths = np.einsum("ijk,ijk->ij", patches, patches)
        augmented = np.dstack([patches, lengths, np.ones_like(lengths)])
        means = np.empty_like(lengths)
        grid = len(self.edges) - 1
        nearer = np.zeros((grid, grid, len(self.averaging)), np.float32)
        for row, top, bottom in self.blocks:
            block = self.distances[: bottom - top]
            self._clipped_distances(augmented[top:bottom], means[top:bottom], block)
            for cell, (left, right) in enumerate(pairwise(self.edges)):
                nearer[row, cell] += block[:, left:right].sum(axis=(0, 1))
        for axis in (0, 1):
            means = np.add.reduceat(means, self.edges[:-1], axis)
        sums: Floats = means[:, :, None] - nearer
        return np.maximum(sums, 0, out=sums)  # rounding can leave a little less than nothing

    def _clipped_distances(self, patches: Floats, means: Floats, out: Floats) -> None:
        """Write the mean distance of each patch, and the lesser of it and each distance.

        patches (n_rows, n_positions, n_axes + 2), means (n_rows, n_positions), out (n_rows,
        n_positions, n_words).
        """
        flat = out.reshape(-1, out.shape[-1])
        np.matmul(patches.reshape(len(flat), -1), self.weights, out=flat)
        np.abs(flat, out=flat)  # rounding can leave a square a little below 0
        cv2.sqrt(flat, flat)  # the same bits as np.sqrt in half the time
        means[:] = (flat @ self.averaging).reshape(means.shape)
        np.minimum(out, means[:, :, None], out=out)


def overlapping_sums(cells: Floats, width: int) -> Floats:
    """Return the sums over every square of width x width neighbouring cells.

    Parameters
    ----------
    cells
        float32 (n_rows, n_columns, n_words).

    Returns
    -------
    sums
        float32 (n_rows - width + 1, n_columns - width + 1, n_words).
    """
    n_rows, n_columns = (n - width + 1 for n in cells.shape[:2])
    sums: Floats = np.sum(
        [
            cells[row : row + n_rows, column : column + n_columns]
            for row in range(width)
            for column in range(width)
        ],
        axis=0,
    )
    return sums


def _row_blocks(edges: Edges, most_rows: int) -> list[tuple[int, int, int]]:
    """Cut each row of cells into equal blocks of lines of patches: (row, top, bottom) of each."""
    blocks = []
    for row, (top, bottom) in enumerate(pairwise(edges.tolist())):
        n_blocks = -(-(bottom - top) // max(1, most_rows))
        cuts = top + np.arange(n_blocks + 1) * (bottom - top) // n_blocks
        blocks += [(row, start, stop) for start, stop in pairwise(cuts.tolist())]
    return blocks
