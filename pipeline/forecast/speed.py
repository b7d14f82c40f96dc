"""The speed of this machine in the parts of training a classifier, from a short piece of each."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from handcraft.classifiers.numerics.rows import HALF, SINGLE, TrainingData, convert
from handcraft.classifiers.numerics.threads import TILE, product_threads, single_threaded
from handcraft.classifiers.training.eigenvectors import largest_eigenpairs, weighted_mean
from handcraft.classifiers.training.principal_axes import PrincipalAxes, WhitenedRows
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.features.combine.concat import Concat
from handcraft.features.hog import Hog
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.training import Tunable
from handcraft.pipeline.extraction.row_matrix import JoinedRows

N_EIGEN = 400
"""Rows of the timed eigenproblem, which takes some ten milliseconds."""

N_INNER = 1_024
"""Values per row of the timed products."""

READ_VALUES = 2**23
"""Values of the timed reading: more than fit into the CPU cache, as in training."""

MAX_TRIED_ROWS = 4_096
"""The most rows of the timed training. With 25,600 features these do not fit into the cache either:
with a quarter of them an epoch seems a fifth faster than it is."""

RANDOM_ROWS = 256
"""Different rows among these, repeated: drawing all would take longer than the training."""

TRIED_SECONDS = 0.15
"""Duration of the timed training."""

Found = TypeVar("Found")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Return the processor seconds of some work in all threads, and its result.

    On a busy machine the wall-clock time of such short work is mostly chance.
    """
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


@dataclass(frozen=True)
class Speed:
    """The seconds that elementary work takes on one processor.

    Attributes
    ----------
    product
        For a multiplication and an addition in a matrix product.
    eigen
        For an eigenproblem of n rows, divided by n^3.
    value
        To join and read a value of a row.
    """

    product: float
    eigen: float
    value: float


@single_threaded()
def measure_speed() -> Speed:
    """Time a short piece of each."""
    A, B = np.random.default_rng(0).normal(size=(2, TILE, N_INNER)).astype(SINGLE)
    square = A[:N_EIGEN].astype(np.float64) @ A[:N_EIGEN].T
    rows = _rows_to_read()
    every, once = np.arange(len(rows)), np.ones(len(rows), SINGLE)
    with product_threads(1) as pool:
        reading = _shortest(lambda: weighted_mean(rows, every, once, pool))
    return Speed(
        product=_shortest(lambda: A @ B.T) / (TILE * TILE * N_INNER),
        eigen=_shortest(lambda: largest_eigenpairs(square.copy(), SINGLE)) / N_EIGEN**3,
        value=reading / (len(rows) * rows.shape[1]),
    )


def _rows_to_read() -> JoinedRows:
    """Return rows of two parts in float16, as most are cached."""
    joined = Concat([Raw(size=48), Hog()]).fit(np.zeros((2, 8, 8, 3), np.uint8))
    n_rows = READ_VALUES // joined.n_features
    return JoinedRows(joined, [np.ones((n_rows, part.n_features), HALF) for part in joined.parts])


def _shortest(work: Callable[[], Any]) -> float:
    """Return the processor seconds of the fastest of three runs, of which the first imports."""
    return min(timed(work)[0] for _ in range(3))


def seconds_of_visit(
    classifier: Tunable, n_rows: int, n_axes: int, n_classes: int, dtype: np.dtype[Any]
) -> float:
    """Return the processor seconds for each row and epoch, from a short training.

    The classifier tunes its settings on random rows of the real shape, on one thread, until it is
    stopped: of several parallel trainings, none might finish an epoch in time.

    Parameters
    ----------
    n_rows
        Of a training part; at most `MAX_TRIED_ROWS` are used.
    dtype
        Of the rows along their axes.
    """
    rng = np.random.default_rng(0)
    n_rows = max(min(n_rows, MAX_TRIED_ROWS), n_classes)
    labels = np.arange(n_rows) % n_classes
    few = convert(rng.normal(scale=20, size=(RANDOM_ROWS, n_axes)).astype(SINGLE), dtype)
    X = np.resize(few, (n_rows, n_axes))
    axes = PrincipalAxes(np.zeros(1, SINGLE), (), np.linspace(1, 1e-3, n_axes, dtype=SINGLE))
    part = WhitenedRows(X, labels, None, axes)
    data = TrainingData(X, labels, None, np.arange(n_classes))
    rows = SearchRows(data, [(part, part.part(slice(n_rows // 4)))])
    watch = _Watch(TRIED_SECONDS)
    with suppress(_EnoughError):
        alone = copy.copy(classifier).set_params(n_jobs=1)
        alone.tune(X, labels, rows=rows, on_epoch=watch)
    return watch.seconds / max(watch.epochs, 1) / n_rows


class _EnoughError(Exception):
    """Ends the timed training."""


class _Watch:
    """Counts epochs and processor seconds after the first epoch, and ends the training in time."""

    def __init__(self, limit: float) -> None:
        self._limit, self._first, self._start = limit, 0, 0.0
        self.epochs, self.seconds = 0, 0.0

    def __call__(self, done: int, total: int) -> None:
        """Record an epoch."""
        now = time.process_time()
        if self._first == 0:
            self._first, self._start = done, now
        self.epochs, self.seconds = done - self._first, now - self._start
        if self.epochs and self.seconds > self._limit:
            raise _EnoughError
