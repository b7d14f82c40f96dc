"""Matrix products whose bits depend neither on the number of threads nor on the other rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import convert
from handcraft.classifiers.numerics.threads import single_threaded, usable_cores

Array = NDArray[np.floating[Any]]

CACHED_VALUES = 2**17
"""Values of the matrix that meet all rows before the next ones do: they stay in the cache."""

TILE = 600
"""Rows of a product that one thread computes: a partition that does not depend on the threads."""


def row_products(X: Array, W: Array, cached_values: int = CACHED_VALUES) -> Array:
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
    step = max(1, cached_values // W.shape[1])
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
