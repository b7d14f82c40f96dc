"""Threads: one for each matrix product, and products that several of them share.

The bits of a sum depend on how many threads share it. So whatever is learned or computed runs with
one thread for each product, and what runs side by side is cut in a way that does not depend on the
machine.
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
"""Values of the matrix that meet all rows before the next ones do: they stay in the cache."""

TILE = 600
"""Rows of a product that one thread computes: a partition that does not depend on the threads."""

_DEFAULT_JOBS: ContextVar[int | None] = ContextVar("default jobs", default=None)


@contextlib.contextmanager
def default_jobs(n_jobs: int | None) -> Iterator[None]:
    """Let `usable_cores` return `n_jobs` in this thread where no other number is asked for.

    So `Extractor.learn`, whose signature is one that others implement, heeds ``--jobs``.
    """
    token = _DEFAULT_JOBS.set(n_jobs)
    try:
        yield
    finally:
        _DEFAULT_JOBS.reset(token)


def usable_cores(n_jobs: int | None = None) -> int:
    """Return how many threads or processes are to work side by side.

    Parameters
    ----------
    n_jobs
        As asked for, at least 1; None: what `default_jobs` says, otherwise as many as there are
        cores that this process may use (`joblib.cpu_count`: affinity and container quotas count).

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
    """Keep BLAS, OpenMP and OpenCV to one thread while anybody is inside such a block.

    Blocks may be nested, and overlap in several threads: the limits are lifted when the last one
    is left, to what they were before the first. A library that is loaded inside is not limited.
    """
    # OpenMP counts its threads separately in every thread, BLAS and OpenCV once for the process.
    with _single("openmp"):
        _process.enter()
        try:
            yield
        finally:
            _process.leave()


def row_products(X: Array, W: Array) -> Array:
    """Return X W, each row by itself: (n_rows, n_columns).

    In a product of all rows, the order in which a row's terms are added up, and so the last bit,
    may depend on its position and on how many rows there are. A row alone is always added up in
    the same order. That takes longer, but scoring a row is little work beside describing its image.

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
    """Yield threads for `add_products` and `store_products`, each with products of its own."""
    with single_threaded(), ThreadPoolExecutor(usable_cores(n_jobs)) as pool:
        yield pool


def tiles(length: int, most: int = TILE) -> list[slice]:
    """Return slices of `TILE` rows, or of `most` where that is less, the last one shorter.

    >>> tiles(1_300)
    [slice(0, 600, None), slice(600, 1200, None), slice(1200, 1300, None)]
    """
    step = min(most, TILE)
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]


def add_products(pool: Executor, jobs: Iterable[tuple[Array, Array, Array]]) -> None:
    """Add A B to the total, in place, for each (total, A, B); the totals do not overlap."""
    list(pool.map(_add_product, jobs))


def store_products(pool: Executor, jobs: Iterable[tuple[NDArray[Any], Array, Array]]) -> None:
    """Write A B, converted to its type, to the place of each (place, A, B)."""
    list(pool.map(_store_product, jobs))


def _add_product(job: tuple[Array, Array, Array]) -> None:
    total, A, B = job
    total += A @ B


def _store_product(job: tuple[NDArray[Any], Array, Array]) -> None:
    place, A, B = job
    place[:] = convert(A @ B, place.dtype)


class _ProcessLimits:
    """The limits of the whole process, and how many blocks ask for them."""

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
    """Find the loaded libraries, which takes milliseconds: again only after imports."""
    return threadpoolctl.ThreadpoolController()


def _take_control() -> None:
    """Let this thread limit OpenBLAS, or any other from now on.

    threadpoolctl 3.8 lets only the first thread that asks, and does nothing for the others.
    """
    openblas: Any = getattr(threadpoolctl, "OpenBLASController", None)
    if hasattr(openblas, "clear_controlling_thread"):
        openblas.clear_controlling_thread(force=True)
