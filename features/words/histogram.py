"""Encoding by hard assignment: the number of descriptors nearest to each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.words.assignment import nearest_words
from handcraft.features.words.encoding import Encoding, Summing


@dataclass(frozen=True)
class Histogram(Encoding):
    """Counts of the nearest words: each descriptor is quantised to one.

    Notes
    -----
    Csurka, Dance, Fan, Willamowski & Bray, "Visual Categorization with Bags of Keypoints", 2004.
    """

    kind: ClassVar[str] = "histogram"

    def values_per_word(self, n_axes: int) -> int:
        """Return 1."""
        return 1

    def summing(self, words: Floats, variances: Floats | None) -> Summing:
        """Return the function that counts."""
        return lambda points, cells, n_cells: word_counts(
            nearest_words(points, words), cells, len(words), n_cells
        )

    def finished(self, pooled: Floats) -> Floats:
        """Return square roots of length 1, see `hellinger`."""
        return hellinger(pooled.ravel())

    def value_names(self, pools: Sequence[str], n_words: int, n_axes: int) -> list[str]:
        """Return `l2_r0_c1_0042`: word 42 in that pool."""
        return [f"{pool}_{word:04d}" for pool in pools for word in range(n_words)]


def word_counts(indices: Indices, cells: Indices, n_words: int, n_cells: int) -> Floats:
    """Count the words in every cell: float32 (n_cells, n_words, 1).

    Parameters
    ----------
    indices, cells
        (n,): each descriptor's word and cell.
    """
    counts = np.bincount(cells * n_words + indices, minlength=n_cells * n_words)
    return counts.reshape(n_cells, n_words, 1).astype(np.float32)


def hellinger(counts: Floats) -> Floats:
    """Return the square roots of counts, scaled to length 1; all zeros stay zeros.

    The dot product of two such vectors is the Hellinger kernel of the two histograms: Vedaldi &
    Zisserman, "Efficient Additive Kernels via Explicit Feature Maps", 2012,
    doi:10.1109/TPAMI.2011.153.
    """
    total = counts.sum()
    return np.sqrt(counts / total) if total > 0 else np.zeros_like(counts)
