"""Visual words: cluster centres of local descriptors, by scikit-learn's k-means."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]

N_THREADS = {"openmp": 2, "blas": 1}
"""The bits of a centre depend on how many threads add up its members: fix them. Two partial sums
give the same total in either order; three do not."""


MIRROR_ROUNDS = 3
MIRROR_ITERATIONS = 4
"""Rounds of `learn_mirror_vocabulary`, and Lloyd's iterations in each: more gain nothing."""

BLOCK_ROWS = 8_192
"""Descriptors that are compared with all words at a time."""


def learn_vocabulary(
    descriptors: Floats, n_words: int, rng: np.random.Generator, max_iterations: int = 40
) -> Floats:
    """Return the words: the centres that Lloyd's k-means finds from random descriptors.

    Parameters
    ----------
    descriptors
        float32 (n_descriptors, n_values): a bounded sample, at least one.
    n_words
        Words to learn. Where there are no more different descriptors than that, these are the
        words, sorted, and there are fewer of them.
    rng
        Chooses the descriptors to start from.
    max_iterations
        Lloyd's iterations at most.

    Returns
    -------
    words
        float32 (at most n_words, n_values); on two cores or more, the same bits whatever the
        threads in use outside.

    Notes
    -----
    Every iteration is over all descriptors (not mini-batches), from one random start.
    """
    distinct = np.unique(descriptors, axis=0)
    if len(distinct) <= n_words:
        return distinct
    start = distinct[rng.choice(len(distinct), n_words, replace=False)]
    return _lloyd(descriptors, start, max_iterations)


def learn_mirror_vocabulary(
    descriptors: Floats, mirror_images: Floats, n_words: int, rng: np.random.Generator
) -> Floats:
    """Return words for descriptors that may as well be their mirror images.

    Where an image and its mirror image are described together, a word and its mirror image are
    found together, and one of them is enough. In turn each descriptor is taken the way, itself or
    its mirror image, that is nearer to some word, and the words are moved to the descriptors.

    Parameters
    ----------
    descriptors
        float32 (n_descriptors, n_values): a bounded sample, at least one.
    mirror_images
        What each would be in the mirror image, likewise.
    n_words, rng
        See `learn_vocabulary`.

    Returns
    -------
    words
        float32 (at most n_words, n_values), as from `learn_vocabulary`.
    """
    words = learn_vocabulary(descriptors, n_words, rng, max_iterations=1)
    if len(words) < n_words:
        return words
    for _ in range(MIRROR_ROUNDS):
        mirrored = _distances(mirror_images, words) < _distances(descriptors, words)
        words = _lloyd(
            np.where(mirrored[:, None], mirror_images, descriptors), words, MIRROR_ITERATIONS
        )
    return words


def _distances(descriptors: Floats, words: Floats) -> Floats:
    """Return each descriptor's squared distance to its nearest word: (n_descriptors,)."""
    half_lengths = np.einsum("ij,ij->i", words, words) / 2
    distances: Floats = np.einsum("ij,ij->i", descriptors, descriptors)
    with threadpool_limits(N_THREADS):
        for start in range(0, len(descriptors), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            affinity = descriptors[part] @ words.T
            affinity -= half_lengths
            distances[part] -= 2 * affinity.max(axis=1)
    return distances


def _lloyd(descriptors: Floats, start: Floats, max_iterations: int) -> Floats:
    """Return the words that Lloyd's k-means moves to from others."""
    kmeans = KMeans(len(start), init=start, n_init=1, max_iter=max_iterations)
    with warnings.catch_warnings(), threadpool_limits(N_THREADS):
        # Near-equal descriptors can leave a cluster empty; its word is then one that no
        # descriptor is nearest to, which costs an unused column and is nobody's mistake.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kmeans.fit(descriptors)
    return np.asarray(kmeans.cluster_centers_, np.float32)
