"""Threads: single-threaded BLAS, and matrix products split over threads in fixed tiles.

The rounding of a sum depends on how many threads share it. For results that do not depend on the
machine, each product runs on one thread, and parallel work is partitioned independently of the
number of threads.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import cv2
import numpy as np
import threadpoolctl
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import convert

Array = NDArray[np.floating[Any]]

CACHED_VALUES = 2**17
"""Values of the matrix that are multiplied with all rows at a time: they stay in the cache."""

TILE = 600
"""Rows of a product in one task: a partition that does not depend on the number of threads."""

_DEFAULT_JOBS: ContextVar[int | None] = ContextVar("default jobs", default=None)


@contextlib.contextmanager
def default_jobs(n_jobs: int | None) -> Iterator[None]:
    """Make `n_jobs` the default of `usable_cores` in this thread.

    This passes ``--jobs`` on to `Extractor.learn`, whose signature other distributions implement.
    """
    token = _DEFAULT_JOBS.set(n_jobs)
    try:
        yield
    finally:
        _DEFAULT_JOBS.reset(token)


def usable_cores(n_jobs: int | None = None) -> int:
    """Return how many threads or processes to run in parallel.

    Parameters
    ----------
    n_jobs
        The requested number, at least 1; None: the default set by `default_jobs`, or else the
        number of cores available to this process (`joblib.cpu_count`, which takes CPU affinity and
        container quotas into account).

    Raises
    ------
    ValueError
        If `n_jobs` is less than 1.

    Examples
    --------
    >>> usable_cores(3)
    3
    """
    n_jobs = _DEFAULT_JOBS.get() if n_jobs is None else n_jobs
    if n_jobs is not None and n_jobs < 1:
        raise ValueError(f"n_jobs={n_jobs!r}, expected at least 1, or None for one per usable core")
    if n_jobs is not None:
        return n_jobs
    import joblib  # it takes a tenth of a second, which a prediction does not need

    cores: int = joblib.cpu_count()
    return cores


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Limit BLAS, OpenMP and OpenCV to one thread inside the block.

    Blocks may be nested, and may overlap in several threads: the previous limits are restored when
    the last block is left. A library that is loaded inside the block is not limited.
    """
    # OpenMP counts its threads separately in every thread, BLAS and OpenCV once for the process.
    with _single("openmp"):
        _process.enter()
        try:
            yield
        finally:
            _process.leave()


def row_products(X: Array, W: Array) -> Array:
    """Return X W, computed row by row: (n_rows, n_columns).

    In one product of all rows, the summation order of a row's terms, and so its last bits, may
    depend on its position and on the number of rows. For a single row it is always the same. This
    takes longer, but scoring a row is little work beside extracting it.

    Parameters
    ----------
    X
        (n_rows, n_inner).
    W
        (n_inner, n_columns), of the same float type.

    Examples
    --------
    >>> row_products(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [10.0]]))
    array([[21.],
           [43.]])
    """
    products = np.zeros((len(X), W.shape[1]), X.dtype)
    step = max(1, CACHED_VALUES // W.shape[1])
    for start in range(0, len(W), step):
        inner = slice(start, start + step)
        # As many products of a vector and a matrix as there are rows.
        products += np.matmul(X[:, np.newaxis, inner], W[inner])[:, 0]
    return products


@contextlib.contextmanager
def product_threads(n_jobs: int | None) -> Iterator[Executor]:
    """Yield a thread pool for `add_products` and `store_products`, with BLAS on one thread."""
    with single_threaded(), ThreadPoolExecutor(usable_cores(n_jobs)) as pool:
        yield pool


def tiles(length: int, most: int = TILE) -> list[slice]:
    """Return slices of `TILE` rows, or of `most` if that is less; the last may be shorter.

    >>> tiles(1_300)
    [slice(0, 600, None), slice(600, 1200, None), slice(1200, 1300, None)]
    """
    step = min(most, TILE)
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def add_products(pool: Executor, jobs: Iterable[tuple[Array, Array, Array]]) -> None:
    """Compute ``total += A @ B`` for each (total, A, B); the totals must not overlap."""
    list(pool.map(_add_product, jobs))


def store_products(pool: Executor, jobs: Iterable[tuple[NDArray[Any], Array, Array]]) -> None:
    """Compute ``place[:] = A @ B``, converted to its dtype, for each (place, A, B)."""
    list(pool.map(_store_product, jobs))


def _add_product(job: tuple[Array, Array, Array]) -> None:
    total, A, B = job
    total += A @ B


def _store_product(job: tuple[NDArray[Any], Array, Array]) -> None:
    place, A, B = job
    place[:] = convert(A @ B, place.dtype)


class _ProcessLimits:
    """The thread limits of the process, and how many `single_threaded` blocks are active."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._n_inside = 0
        self._blas: Any = None
        self._n_opencv = 0

    def enter(self) -> None:
        """Set the limits, unless another block has done so."""
        with self._lock:
            if self._n_inside == 0:
                _take_control()
                self._blas = _single("blas")
                self._n_opencv = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._n_inside += 1

    def leave(self) -> None:
        """Lift the limits, unless another block still needs them."""
        with self._lock:
            self._n_inside -= 1
            if self._n_inside == 0:
                _take_control()
                self._blas.restore_original_limits()
                _take_control()
                cv2.setNumThreads(self._n_opencv)


_process = _ProcessLimits()


def _single(user_api: str) -> Any:
    """Limit the libraries of one kind alone; `threadpool_limits` would restore all kinds."""
    return _libraries(len(sys.modules)).select(user_api=user_api).limit(limits=1)


@functools.lru_cache(maxsize=1)
def _libraries(n_modules: int) -> Any:
    """Find the loaded libraries; it takes milliseconds, and is repeated only after new imports."""
    return threadpoolctl.ThreadpoolController()


def _take_control() -> None:
    """Allow this thread, or any other from now on, to set OpenBLAS's number of threads.

    threadpoolctl 3.8 allows it to the first thread that tries, and ignores all others.
    """
    openblas: Any = getattr(threadpoolctl, "OpenBLASController", None)
    if hasattr(openblas, "clear_controlling_thread"):
        openblas.clear_controlling_thread(force=True)
