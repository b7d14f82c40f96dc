"""Vocabulary: the words are cluster centres of descriptors, found by scikit-learn's k-means."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from handcraft.features.local.descriptor import Floats
from handcraft.features.words.assignment import affinities

MAX_ITERATIONS = 40
"""Of Lloyd's, over all descriptors: 76.2 % on CIFAR-10 (800 words of patches, early prototype);
mini-batches reached 72.9, and random patches in place of centres 74.1."""

MIRROR_ROUNDS = 3
MIRROR_ITERATIONS = 4
"""Rounds of `learn_mirror_vocabulary`, and Lloyd's iterations in each: more gain nothing."""

BLOCK_ROWS = 1_024
"""Points that are compared with all words at a time: what is compared stays in a core's cache."""

N_THREADS = 2
"""Of k-means. The bits of a centre depend on how many threads add up its members: two partial sums
have the same total in either order, three do not. One thread would take half as long again."""

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
    for start in range(0, len(points), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        distances[block] -= 2 * affinities(points[block], words).max(axis=1)
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


def _lloyd(points: Floats, start: Floats, max_iterations: int) -> Floats:
    """Return the words that Lloyd's k-means moves to from others."""
    # Takes most of a second, and is not needed to transform.
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    kmeans = KMeans(len(start), init=start, n_init=1, max_iter=max_iterations)
    with warnings.catch_warnings(), _two_threads():
        # Near-equal descriptors can leave a cluster empty; its word is then one that no
        # descriptor is nearest to, which costs an unused column and is nobody's mistake.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kmeans.fit(points)
    return np.asarray(kmeans.cluster_centers_, np.float32)


@contextlib.contextmanager
def _two_threads() -> Iterator[None]:
    """Keep scikit-learn to `N_THREADS`, on a single core too.

    It starts no more threads than there are cores, unless OMP_NUM_THREADS is set.
    """
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(N_THREADS)
    try:
        with threadpool_limits({"openmp": N_THREADS, "blas": 1}):
            yield
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before
