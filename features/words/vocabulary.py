"""Vocabulary: the words are cluster centres of descriptors, found by k-means."""

from __future__ import annotations

from functools import partial, reduce

import numpy as np

from handcraft.classifiers.numerics.threads import product_threads
from handcraft.features.local.descriptor import Floats
from handcraft.features.words.assignment import affinity_blocks, member_sums, nearest_words

MAX_ITERATIONS = 12
"""Of Lloyd's, over all descriptors. The mean squared distance of 100,000 whitened SIFT descriptors
of Caltech-101 to the nearest of 1,024 words is 0.774 after 10 iterations and 0.768 after 40, which
classify no better."""

MIRROR_ROUNDS = 3
MIRROR_ITERATIONS = 4
"""Rounds of `learn_mirror_vocabulary`, and Lloyd's iterations in each: more gain nothing."""

TILE_POINTS = 4_096
"""Points that a thread compares with all words: a partition that does not depend on the threads."""

STARTS_PER_WORD = 4
"""Descriptors looked at first for different ones to start from, for each word."""


def learn_vocabulary(
    points: Floats, n_words: int, rng: np.random.Generator, max_iterations: int = MAX_ITERATIONS
) -> Floats:
    """Return the words: the centres that Lloyd's k-means finds from random points.

    Parameters
    ----------
    points
        float32 (n_points, n_axes): a bounded sample of descriptors, at least one.
    n_words
        Words to learn. Where there are no more different points than that, these are the words, and
        there are fewer of them.
    rng
        Chooses the points to start from.
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
    """Return words for descriptors that may as well be their mirror images.

    Where an image and its mirror image are described together, a word and its mirror image are
    found together, and one of them is enough. In turn each descriptor is taken the way, itself or
    its mirror image, that is nearer to some word, and the words are moved to the descriptors.

    Parameters
    ----------
    points
        float32 (n_points, n_axes): a bounded sample of descriptors, at least one.
    mirrored
        What each would be in the mirror image, likewise.
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
    """Return `n` different points at random, or all if there are fewer."""
    shuffled = rng.permutation(len(points))
    # Among a few there mostly are enough, and finding all takes longer than an iteration.
    for n_tried in (STARTS_PER_WORD * n, len(points)):
        tried = points[shuffled[:n_tried]]
        _, first = np.unique(tried, axis=0, return_index=True)
        if len(first) >= n:
            break
    # In the order of the draw: that of the values depends on their last bits.
    return tried[np.sort(first)[:n]]


def _lloyd(points: Floats, words: Floats, max_iterations: int) -> Floats:
    """Return the words that Lloyd's k-means moves to from others.

    Each moves to the mean of the points that it is the nearest word to, until none moves; one that
    is nearest to no point stays.
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
    """Return the sum of the points nearest to each word, all followed by a 1: their number."""
    nearest = nearest_words(counted[:, :-1], words)[:, None]
    return member_sums(counted, nearest, np.ones(nearest.shape, np.float32), len(words))
