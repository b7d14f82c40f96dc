"""Assignment of descriptors to visual words: hard (the nearest), or soft (a few near ones)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from handcraft.features.local.descriptor import Floats, Indices

BLOCK_VALUES = 2**20
"""Affinities of some points with all words at a time: 4 MB. If no larger array is ever freed, glibc
returns memory to the system after every image, and allocates it again for the next: with blocks of
2 MB VLAD takes a fifth more time."""

TILE_WORDS = 8
"""Words per dense matrix product of sums. Most of its factors are zeros, but it takes half the time
of `np.add.reduceat`; tiles of 4 or 16 take a fifth more."""


def nearest_words(points: Floats, words: Floats) -> Indices:
    """Return the index of each point's nearest word, the first of equally near ones.

    ||x - w||^2 = ||x||^2 - 2 (x w - ||w||^2 / 2), and ||x||^2 is the same for all words: the
    nearest word is the one of the largest x w - ||w||^2 / 2, one matrix product for all.

    Parameters
    ----------
    points
        float32 (n_points, n_axes).
    words
        float32 (n_words, n_axes).

    Returns
    -------
    indices
        (n_points,) in 0..n_words - 1.
    """
    nearest = np.empty(len(points), np.intp)
    for block, affinities in affinity_blocks(points, words):
        affinities.argmax(axis=1, out=nearest[block])
    return nearest


def soft_assignment(
    points: Floats, words: Floats, n_nearest: int, sharpness: float
) -> tuple[Indices, Floats]:
    """Return each point x's nearest words w, and weights proportional to exp(-b ||x - w||^2).

    Hard assignment would quantise a point half-way between two words to either of them by chance,
    and make it look different from a neighbour quantised to the other.

    Parameters
    ----------
    points, words
        See `nearest_words`.
    n_nearest
        Words to which a point is assigned; all words if there are fewer.
    sharpness
        b, for points of length about 1.

    Returns
    -------
    indices
        (n_points, n_nearest), the nearest first.
    weights
        float32 (n_points, n_nearest), from 0 to 1, that sum to 1 for each point.

    Notes
    -----
    Liu, Wang & Liu, "In Defense of Soft-Assignment Coding", 2011, doi:10.1109/ICCV.2011.6126534
    (localized soft-assignment).
    """
    indices = np.empty((len(points), min(n_nearest, len(words))), np.intp)
    nearness = np.empty(indices.shape, np.float32)
    for block, remaining in affinity_blocks(points, words):
        rows = np.arange(len(remaining))
        for k in range(indices.shape[1]):
            best = remaining.argmax(axis=1)
            indices[block, k], nearness[block, k] = best, remaining[rows, best]
            remaining[rows, best] = -np.inf
    # ||x - w||^2 is ||x||^2 - 2 affinity, and the first term is the same for all words.
    weights = np.exp(np.float32(2 * sharpness) * (nearness - nearness[:, :1]))
    weights /= weights.sum(axis=1, keepdims=True)
    return indices, weights


def member_sums(values: Floats, indices: Indices, weights: Floats, n_words: int) -> Floats:
    """Return for each word the weighted sum of the values of its points.

    Parameters
    ----------
    values
        float32 (n_points, n_values).
    indices, weights
        (n_points, n_nearest), from `soft_assignment`.

    Returns
    -------
    sums
        float32 (n_words, n_values); zeros for a word that no point is assigned to.
    """
    narrow = indices.astype(np.min_scalar_type(n_words))  # 16 bits sort in a ninth of the time
    order = np.argsort(narrow, axis=None, kind="stable")
    words, points = indices.ravel()[order], order // indices.shape[1]
    members = np.zeros((len(order), TILE_WORDS), np.float32)
    members[np.arange(len(order)), words % TILE_WORDS] = weights.ravel()[order]
    sums = np.empty((n_words, values.shape[1]), np.float32)
    tiles = [sums[i : i + TILE_WORDS] for i in range(0, n_words, TILE_WORDS)]
    bounds = np.searchsorted(words, np.arange(len(tiles) + 1) * TILE_WORDS).tolist()
    for tile, (start, stop) in zip(tiles, pairwise(bounds), strict=True):
        np.matmul(members[start:stop, : len(tile)].T, values[points[start:stop]], out=tile)
    return sums


def affinity_blocks(points: Floats, words: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield x w - ||w||^2 / 2 of all words, for one block of points after another.

    Yields
    ------
    block
        The points.
    affinities
        float32 (points of the block, n_words); overwritten by the next block.
    """
    # [x, 1] [w, -||w||^2 / 2]: a single product, without another pass over its result.
    weights = np.vstack([words.T, -np.einsum("ij,ij->i", words, words) / 2])
    augmented = np.hstack([points, np.ones((len(points), 1), np.float32)])
    n_points = max(1, BLOCK_VALUES // len(words))
    affinities = np.empty((n_points, len(words)), np.float32)
    for start in range(0, len(points), n_points):
        block = slice(start, min(start + n_points, len(points)))
        yield block, np.matmul(augmented[block], weights, out=affinities[: block.stop - start])
