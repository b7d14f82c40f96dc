"""The vocabulary: words are cluster centres of descriptors, by k-means."""

from __future__ import annotations

from functools import partial, reduce

import numpy as np

from handcraft.classifiers.numerics.threads import product_threads
from handcraft.features.local.descriptor import Floats
from handcraft.features.words.assignment import affinity_blocks, member_sums, nearest_words

MAX_ITERATIONS = 12
"""Lloyd's iterations over all descriptors. The mean squared distance of 100,000 whitened SIFT
descriptors of Caltech-101 to the nearest of 1,024 words is 0.774 after 10 iterations and 0.768
after 40, which classify no better."""

MIRROR_ROUNDS = 3
MIRROR_ITERATIONS = 4
"""Rounds of `learn_mirror_vocabulary`, and Lloyd's iterations in each: more gain nothing."""

TILE_POINTS = 4_096
"""Points per task of a thread: a partition that does not depend on the number of threads."""

STARTS_PER_WORD = 4
"""Descriptors per word in which different starting points are searched first."""


def learn_vocabulary(
    points: Floats, n_words: int, rng: np.random.Generator, max_iterations: int = MAX_ITERATIONS
) -> Floats:
    """Return the words: the centres of Lloyd's k-means from a random start.

    Parameters
    ----------
    points
        float32 (n_points, n_axes): a bounded sample of descriptors, at least one.
    n_words
        Vocabulary size. If there are no more different points than that, these are the words.
    rng
        Chooses the starting points.
    max_iterations
        Lloyd's iterations at most.

    Returns
    -------
    words
        float32 (at most n_words, n_axes); the same bits on any number of cores.

    Notes
    -----
    Every iteration is over all points (not mini-batches), from one random start.
    """
    start = _different(points, n_words, rng)
    return start if len(start) < n_words else _lloyd(points, start, max_iterations)


def learn_mirror_vocabulary(
    points: Floats, mirrored: Floats, n_words: int, rng: np.random.Generator
) -> Floats:
    """Return words for descriptors up to mirroring.

    If an image and its mirror image are described together, a word and its mirror image occur
    together, and one of them is enough. In turn each descriptor is replaced by its mirror image if
    that is nearer to some word, and the words are updated.

    Parameters
    ----------
    points
        float32 (n_points, n_axes): a bounded sample of descriptors, at least one.
    mirrored
        Their mirror images, likewise.
    n_words, rng
        See `learn_vocabulary`.

    Returns
    -------
    words
        float32 (at most n_words, n_axes), as from `learn_vocabulary`.
    """
    words = learn_vocabulary(points, n_words, rng, max_iterations=1)
    if len(words) < n_words:
        return words
    for _ in range(MIRROR_ROUNDS):
        nearer = squared_distances(mirrored, words) < squared_distances(points, words)
        words = _lloyd(np.where(nearer[:, None], mirrored, points), words, MIRROR_ITERATIONS)
    return words


def squared_distances(points: Floats, words: Floats) -> Floats:
    """Return each point's squared distance to its nearest word: (n_points,)."""
    distances: Floats = np.einsum("ij,ij->i", points, points)
    for block, affinities in affinity_blocks(points, words):
        distances[block] -= 2 * affinities.max(axis=1)
    return distances


def _different(points: Floats, n: int, rng: np.random.Generator) -> Floats:
    """Return a random sample of `n` different points, or all if there are fewer."""
    shuffled = rng.permutation(len(points))
    # A few usually suffice, and finding all different points takes longer than an iteration.
    for n_tried in (STARTS_PER_WORD * n, len(points)):
        tried = points[shuffled[:n_tried]]
        _, first = np.unique(tried, axis=0, return_index=True)
        if len(first) >= n:
            break
    # In random order: the order of the values depends on their last bits.
    return tried[np.sort(first)[:n]]


def _lloyd(points: Floats, words: Floats, max_iterations: int) -> Floats:
    """Return the words of Lloyd's k-means, starting from others.

    Each word moves to the mean of the points nearest to it, until none moves; a word without points
    stays.
    """
    counted = np.hstack([points, np.ones((len(points), 1), np.float32)])
    tiles = [counted[i : i + TILE_POINTS] for i in range(0, len(counted), TILE_POINTS)]
    with product_threads(None) as threads:
        for _ in range(max_iterations):
            # In the order of the tiles: the same bits on any number of threads.
            totals = reduce(np.add, threads.map(partial(_member_sums, words), tiles))
            sums, counts = totals[:, :-1], totals[:, -1:]
            means = np.divide(sums, counts, out=words.copy(), where=counts > 0)
            if np.array_equal(means, words):
                break
            words = means
    return words


def _member_sums(words: Floats, counted: Floats) -> Floats:
    """Return the sum of the points nearest to each word, followed by their number."""
    nearest = nearest_words(counted[:, :-1], words)[:, None]
    return member_sums(counted, nearest, np.ones(nearest.shape, np.float32), len(words))
