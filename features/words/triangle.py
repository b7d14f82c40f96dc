"""Encoding by the triangle code: how much nearer each word is than the average word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import cv2
import numpy as np

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.words.encoding import Encoding, Summing

BLOCK_POINTS = 48
"""Points whose codes are in memory at a time: with 800 words they stay in a core's second-level
cache between the product and the sums."""

LARGEST = np.finfo(np.float16).max.astype(np.float32)
"""Upper bound of the values of rows. With learned words they are in the hundreds at most; those of
a forged model would be infinite."""


@dataclass(frozen=True)
class Triangle(Encoding):
    """Sums of the triangle code, see `TriangleSums`, and their square roots.

    The roots reduce the influence of a texture all over the image.
    """

    kind: ClassVar[str] = "triangle"

    def values_per_word(self, n_axes: int) -> int:
        """Return 1."""
        return 1

    def summing(self, words: Floats, variances: Floats | None) -> Summing:
        """Return the function that sums codes."""
        return TriangleSums(words)

    def summing_both(self, words: Floats, variances: Floats | None, n_odd: int) -> Summing:
        """Return the function that sums codes of both, in two thirds of the time for each alone."""
        return MirrorTriangleSums(words, n_odd)

    def finished(self, pooled: Floats) -> Floats:
        """Return square roots, from 0 to `LARGEST`."""
        return np.minimum(np.sqrt(pooled.ravel()), LARGEST)

    def value_names(self, pools: Sequence[str], n_words: int, n_axes: int) -> list[str]:
        """Return `r0_c1_0042`: word 42 in that pool."""
        return [f"{pool}_{word:04d}" for pool in pools for word in range(n_words)]


class TriangleSums:
    r"""The triangle code of the points of an image, summed over cells.

    With d_k the distance of a point z to word w_k, and the mean of its d_j^2 over all words j, the
    value of word k is

        f_k = max(0, mean(d_j^2) - d_k^2)
            = max(0, 2 z (w_k - mean(w_j)) - (||w_k||^2 - mean(||w_j||^2))),

    0 if the word is farther than average, and larger the nearer it is. ||z||^2 is the same in all
    d_j^2 and cancels, so that one matrix product and a threshold are enough.

    Parameters
    ----------
    words
        float32 (n_words, n_axes), whitened.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011, section 3.2.2 ("K-means (triangle)"). They use distances instead of their squares, which
    takes half as much time again for roots and means, and is no more accurate.
    """

    def __init__(self, words: Floats) -> None:
        lengths = np.einsum("ij,ij->i", words, words)
        slopes = 2 * (words - words.mean(axis=0)).T
        # In row-major order; otherwise products of few points take twice the time.
        self.weights = np.ascontiguousarray(np.vstack([slopes, lengths.mean() - lengths]))
        self.memory = np.empty(BLOCK_POINTS * len(words), np.float32)
        self.ones = np.ones(BLOCK_POINTS, np.float32)

    def __call__(self, points: Floats, cells: Indices, n_cells: int) -> Floats:
        """Return the sums: float32 (n_cells, n_words, 1), 0 or more.

        Parameters
        ----------
        points
            float32 (n, n_axes), whitened, of one image.
        cells
            (n,): each point's cell, from 0 to n_cells - 1.
        """
        return self._sums(points, cells[None], n_cells)[0, :, :, None]

    def _sums(self, points: Floats, cells: Indices, n_cells: int) -> Floats:
        """Return the sums of each code of the points: float32 (n_codes, n_cells, n_words).

        `cells` is (n_codes, n).
        """
        order = np.lexsort(cells)
        cells = cells[:, order]
        augmented = np.ones((len(points), len(self.weights)), np.float32)
        augmented[:, :-1] = points[order]
        starts = _run_starts(cells)
        totals = np.empty((len(cells), len(starts), self.weights.shape[1]), np.float32)
        for run, (start, stop) in enumerate(pairwise([*starts.tolist(), len(points)])):
            first, last = start % BLOCK_POINTS, (stop - 1) % BLOCK_POINTS + 1
            if first == 0:
                codes = self._codes(augmented[start : start + BLOCK_POINTS])
            # A sum over the points, in two thirds of the time of sum(axis=1).
            np.matmul(self.ones[first:last], codes[:, first:last], out=totals[:, run])
        members = np.arange(n_cells)[:, None] == cells[:, None, starts]
        sums: Floats = members.astype(np.float32) @ totals
        return sums

    def _codes(self, augmented: Floats) -> Floats:
        """Return the codes (1, n, n_words) of points followed by a 1; valid until the next call."""
        [products] = self._arrays(1, len(augmented))
        np.matmul(augmented, self.weights, out=products)
        return _positive(products)[None]

    def _arrays(self, n_arrays: int, n: int) -> Floats:
        """Return reused memory: (n_arrays, n, n_words).

        Contiguous arrays take less of the CPU cache than slices of larger ones.
        """
        n_words = self.weights.shape[1]
        return self.memory[: n_arrays * n * n_words].reshape(n_arrays, n, n_words)


class MirrorTriangleSums(TriangleSums):
    """The same for the points of an image and those of its mirror image.

    Mirroring changes the sign of a point along its odd axes. With o the contribution of these to a
    product, and e that of the even axes and the constant, the code is max(0, e + o), and that in
    the mirror image max(0, e - o): both together take the multiplications of one.

    Parameters
    ----------
    words
        See `TriangleSums`.
    n_odd
        The number of odd axes, which come first.
    """

    def __init__(self, words: Floats, n_odd: int) -> None:
        super().__init__(words)
        self.n_odd = n_odd
        self.memory = np.empty(3 * BLOCK_POINTS * len(words), np.float32)

    def __call__(self, points: Floats, cells: Indices, n_cells: int) -> Floats:
        """Return both sums: float32 (2, n_cells, n_words, 1), 0 or more.

        Parameters
        ----------
        points
            float32 (n, n_axes), whitened, of one image.
        cells
            (2, n): each point's cell in the image and in the mirror image, from 0 to n_cells - 1.
        """
        return self._sums(points, cells, n_cells)[..., None]

    def _codes(self, augmented: Floats) -> Floats:
        """Return the codes of points and of their mirror images: (2, n, n_words)."""
        odd, plus, minus = arrays = self._arrays(3, len(augmented))
        np.matmul(augmented[:, : self.n_odd], self.weights[: self.n_odd], out=odd)
        np.matmul(augmented[:, self.n_odd :], self.weights[self.n_odd :], out=plus)
        np.subtract(plus, odd, out=minus)
        plus += odd
        return _positive(arrays[1:])


def _run_starts(cells: Indices) -> Indices:
    """Return the positions where, in sorted points, the cell changes or a block begins."""
    starts = np.arange(cells.shape[1]) % BLOCK_POINTS == 0
    starts[1:] |= np.diff(cells).any(axis=0)
    return np.flatnonzero(starts)


def _positive(products: Floats) -> Floats:
    """Return max(0, x), in place, in a quarter of the time of np.maximum."""
    flat = products.reshape(-1, products.shape[-1])
    cv2.threshold(flat, 0, 0, cv2.THRESH_TOZERO, dst=flat)
    return products
