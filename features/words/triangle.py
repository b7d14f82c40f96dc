"""Encode by the triangle code: how much nearer than the average word each word is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.words.encoding import Encoding, Summing

BLOCK_BYTES = 2**19
"""Codes worked on at a time, those of 160 points and 800 words: they stay in a core's second-level
cache from the product that gives them to the sums that use them up."""


@dataclass(frozen=True)
class Triangle(Encoding):
    """Sums of the triangle code, see `TriangleSums`, and their square roots.

    Roots, so that a texture all over does not count for more than its share.
    """

    kind: ClassVar[str] = "triangle"

    def values_per_word(self, n_axes: int) -> int:
        """Return 1."""
        return 1

    def summing(self, words: Floats, variances: Floats | None) -> Summing:
        """Return the function that sums codes."""
        return TriangleSums(words)

    def finished(self, pooled: Floats) -> Floats:
        """Return square roots, 0 or more."""
        return np.sqrt(pooled.ravel())

    def value_names(self, pools: Sequence[str], n_words: int, n_axes: int) -> list[str]:
        """Return `r0_c1_0042`: word 42 in that pool."""
        return [f"{pool}_{word:04d}" for pool in pools for word in range(n_words)]


class TriangleSums:
    r"""The triangle code of the points of an image, summed over cells.

    With d_k the distance of a point z to word w_k, and the mean of its d_j^2 over all words j, word
    k counts

        f_k = max(0, mean(d_j^2) - d_k^2)
            = max(0, 2 z (w_k - mean(w_j)) - (||w_k||^2 - mean(||w_j||^2))),

    nothing if it is farther than average, and the more the nearer. ||z||^2 is the same in all d_j^2
    and cancels, so that one matrix product and a threshold are all it takes.

    Parameters
    ----------
    words
        float32 (n_words, n_axes), whitened.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011, section 3.2.2 ("K-means (triangle)"). They take distances where this takes their squares,
    which costs half as much again in roots and means, and is no more accurate.
    """

    def __init__(self, words: Floats) -> None:
        lengths = np.einsum("ij,ij->i", words, words)
        slopes = 2 * (words - words.mean(axis=0)).T
        # Row by row in memory, or products of few points take twice the time.
        self.weights = np.ascontiguousarray(np.vstack([slopes, lengths.mean() - lengths]))
        n_rows = max(1, BLOCK_BYTES // self.weights[0].nbytes)
        self.codes = np.empty((n_rows, len(words)), np.float32)
        self.ones = np.ones(n_rows, np.float32)

    def __call__(self, points: Floats, cells: Indices, n_cells: int) -> Floats:
        """Return the sums: float32 (n_cells, n_words, 1), 0 or more.

        Parameters
        ----------
        points
            float32 (n, n_axes), whitened, of one image.
        cells
            (n,): each point's cell, from 0 to n_cells - 1.
        """
        order = np.argsort(cells, kind="stable")
        augmented = np.ones((len(points), len(self.weights)), np.float32)
        augmented[:, :-1] = points[order]
        sums = np.zeros((n_cells, self.weights.shape[1], 1), np.float32)
        last = 0
        for cell, n_members in enumerate(np.bincount(cells, minlength=n_cells).tolist()):
            first, last = last, last + n_members
            for start in range(first, last, len(self.codes)):
                codes = self._codes(augmented[start : min(start + len(self.codes), last)])
                # A sum over the rows, in two thirds of the time of sum(axis=0).
                sums[cell, :, 0] += self.ones[: len(codes)] @ codes
        return sums

    def _codes(self, augmented: Floats) -> Floats:
        """Return the codes of a block of points, each followed by a 1; the next overwrites them."""
        codes = self.codes[: len(augmented)]
        np.matmul(augmented, self.weights, out=codes)
        # max(0, x), in a quarter of the time of np.maximum.
        cv2.threshold(codes, 0, 0, cv2.THRESH_TOZERO, dst=codes)
        return codes
