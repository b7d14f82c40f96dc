"""Time k nearest neighbours against scikit-learn's brute force, each in a process of its own.

Run `python tests/benchmarks/nearest_speed.py [n_test n_training]` from the top folder; 10000 50000
is the size of CIFAR-10. Rows are random and have 3,072 values, as 32 x 32 colour pixels do. The
table shows the seconds to predict, wall clock and processor, their ratio to scikit-learn's, the
most memory the process held (the rows are part of it), and how often both predict the same class.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier

from handcraft.classifiers.nearest import NearestNeighbor

N_FEATURES, N_CLASSES, K = 3_072, 10, 5

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "ours, l2": lambda: NearestNeighbor(k=K, metric="l2"),
    "scikit-learn, l2": lambda: KNeighborsClassifier(K, algorithm="brute"),
    "ours, l1": lambda: NearestNeighbor(k=K, metric="l1"),
    "scikit-learn, l1": lambda: KNeighborsClassifier(K, algorithm="brute", p=1),
}

SLOW_SHARE = 20
"""The L1 distance, of which scikit-learn's takes long, gets this many times fewer test rows."""


class Measurement(NamedTuple):
    """What one classifier took to predict the test rows."""

    wall: float
    processor: float
    peak_gib: float
    predicted: NDArray[np.intp]


def rows(n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return noise around ten class means: float32 (n, N_FEATURES), and the classes."""
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(0).normal(size=(N_CLASSES, N_FEATURES)).astype(np.float32)
    y = rng.integers(0, N_CLASSES, n)
    X = rng.standard_normal((n, N_FEATURES), np.float32)
    X *= 5
    for start in range(0, n, 1_000):
        X[start : start + 1_000] += means[y[start : start + 1_000]]
    return X, y


def measure(name: str, n_test: int, n_training: int) -> Measurement:
    """Fit, and time the prediction."""
    classifier = CLASSIFIERS[name]().fit(*rows(n_training, seed=1))
    X, _ = rows(n_test, seed=2)
    wall, processor = time.perf_counter(), time.process_time()
    predicted = classifier.predict(X)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Measurement(wall, processor, peak, predicted)


def main(n_test: int = 2_000, n_training: int = 10_000) -> None:
    """Print the table."""
    print(f"{n_training:,} training rows of {N_FEATURES:,} values, k = {K}")
    print(f"{'':18}{'test rows':>10}{'wall s':>9}{'CPU s':>9}{'ratio':>8}{'GiB':>7}{'same':>9}")
    for metric, n in (("l2", n_test), ("l1", max(1, n_test // SLOW_SHARE))):
        measured = {}
        for name in (f"scikit-learn, {metric}", f"ours, {metric}"):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                measured[name] = process.submit(measure, name, n, n_training).result()
        peer = measured[f"scikit-learn, {metric}"]
        for name, result in measured.items():
            same = np.mean(result.predicted == peer.predicted)
            print(
                f"{name:18}{n:10,}{result.wall:9.1f}{result.processor:9.1f}"
                f"{peer.processor / result.processor:8.2f}{result.peak_gib:7.2f}{same:9.2%}"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
