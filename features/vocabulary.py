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
    kmeans = KMeans(n_words, init=start, n_init=1, max_iter=max_iterations)
    with warnings.catch_warnings(), threadpool_limits(N_THREADS):
        # Near-equal descriptors can leave a cluster empty; its word is then one that no
        # descriptor is nearest to, which costs an unused column and is nobody's mistake.
        warnings.simplefilter("ignore", ConvergenceWarning)
        kmeans.fit(descriptors)
    return np.asarray(kmeans.cluster_centers_, np.float32)
