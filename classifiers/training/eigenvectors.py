"""Principal axes of rows read in chunks: from covariances, or from inner products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix, convert, release_pages, row_blocks
from handcraft.classifiers.numerics.threads import add_products, tiles

Array = NDArray[np.floating[Any]]
Rows = NDArray[np.intp]

CHUNK_ROWS = 2_048
"""Rows in memory at a time. Their float32 products are summed in float64: with more rows the small
variances would be lost in rounding."""

CHUNK_VALUES = 2**25
"""Values in memory at a time, which limits the number of very long rows."""

SUMMED_VALUES = 2**22
"""Values that a thread sums at a time."""

PANEL_CHUNKS = 4
"""Chunks of rows in memory whose inner products with all others are computed at a time."""

SMALLEST_VARIANCE = 1e-8
"""Directions with less than this share of the largest variance are rounding errors, and dropped.
All counts of words vary together, with the contrast, a hundred times more than everything else:
most directions that separate classes have a share of less than 1e-6."""

MAX_ROWS = 5_000
"""The most rows considered few: their eigenproblem, of cubic cost, takes a minute."""


def are_few(n_rows: int, n_features: int) -> bool:
    """Return whether rows are fewer than features, and few enough for all inner products."""
    return n_rows < min(n_features, MAX_ROWS)


def weighted_mean(X: RowMatrix, rows: Rows, counts: Array, pool: Executor) -> Array:
    """Return the weighted mean of some rows, summed in float64."""
    parts = row_blocks(len(rows), X.shape[1], SUMMED_VALUES, CHUNK_ROWS)
    total = sum(pool.map(partial(_weighted_sum, X, rows, counts), parts))
    mean: Array = (total / counts.sum(dtype=np.float64)).astype(counts.dtype)
    return mean


def _weighted_sum(X: RowMatrix, rows: Rows, counts: Array, part: slice) -> NDArray[np.float64]:
    chunk = convert(np.asarray(X[rows[part]]), counts.dtype)
    total: NDArray[np.float64] = counts[part].astype(np.float64) @ chunk.astype(np.float64)
    release_pages(X)
    return total


def axes_from_covariances(
    X: RowMatrix,
    rows: Rows,
    counts: Array,
    mean: Array,
    columns: Sequence[slice],
    pool: Executor,
) -> list[tuple[Array, Array]]:
    """Return the principal axes of each group of features, from its covariance."""
    covariances = [np.zeros((features.stop - features.start,) * 2) for features in columns]
    for part, centred in centred_chunks(X, rows, mean, pool):
        centred *= np.sqrt(counts[part])[:, None]
        groups = [centred[:, features] for features in columns]
        add_products(
            pool,
            (
                (covariance[tile, : tile.stop], A[:, tile].T, A[:, : tile.stop])
                for covariance, A in zip(covariances, groups, strict=True)
                for tile in tiles(len(covariance))
            ),
        )
    n = counts.sum(dtype=np.float64)
    found = pool.map(lambda c: largest_eigenpairs(c / n, mean.dtype), covariances)
    return list(found)


def axes_from_inner_products(
    X: RowMatrix, rows: Rows, counts: Array, mean: Array, pool: Executor
) -> tuple[Array, Array]:
    """Return the principal axes of all features, from the inner products of few rows.

    With weighted, centred rows A, the eigenvectors V and eigenvalues n l of A A' give the axes
    A' V / sqrt(n l).
    """
    products = inner_products(X, rows, counts, mean, pool)
    eigenvalues, vectors = largest_eigenpairs(products, mean.dtype)
    vectors /= np.sqrt(np.maximum(eigenvalues, np.finfo(mean.dtype).tiny))
    vectors *= np.sqrt(counts)[:, None]
    axes = np.zeros((len(mean), len(eigenvalues)), mean.dtype)
    for part, centred in centred_chunks(X, rows, mean, pool):
        add_products(
            pool,
            ((axes[tile], centred[:, tile].T, vectors[part]) for tile in tiles(len(mean))),
        )
    return eigenvalues / counts.sum(), axes


def inner_products(
    X: RowMatrix, rows: Rows, counts: Array, mean: Array, pool: Executor
) -> NDArray[np.float64]:
    """Return the lower triangle of A A', of weighted, centred rows A: (n_rows, n_rows)."""
    products = np.zeros((len(rows), len(rows)))
    roots = np.sqrt(counts)[:, None]
    for panel, A in centred_panels(X, rows, mean):
        A *= roots[panel]
        cut = tiles(len(A), -(-len(A) // PANEL_CHUNKS))
        pairs = [(a, b) for a in cut for b in cut if b.start <= a.start]
        own = products[panel, panel]
        add_products(pool, ((own[a, b], A[a], A[b].T) for a, b in pairs))
        for part, centred in centred_chunks(X, rows[panel.stop :], mean, pool):
            below = _moved(part, panel.stop)
            centred *= roots[below]
            place = products[below, panel]
            add_products(pool, ((place[:, tile], centred, A[tile].T) for tile in cut))
    return products


def largest_eigenpairs(matrix: NDArray[np.float64], dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the eigenvalues above rounding, ascending, and their eigenvectors as columns.

    They are computed in float64: in float32 the small ones would be lost next to the largest. Only
    the lower triangle of the matrix is used.
    """
    # Not scipy's: its BLAS, first loaded here, would escape the limit of one thread a product.
    eigenvalues, vectors = np.linalg.eigh(matrix, UPLO="L")
    first = np.searchsorted(eigenvalues, SMALLEST_VARIANCE * eigenvalues[-1], side="right")
    first = min(first, len(eigenvalues) - 1)  # features that are all constant leave one axis
    return np.maximum(eigenvalues[first:], 0).astype(dtype), vectors[:, first:].astype(dtype)


def column_signs(axes: Array) -> Array:
    """Return the sign of each column's largest entry, 1 or -1.

    The sign of an eigenvector depends on rounding, and would decide which features are multiplied
    by which random initial weights of a network.
    """
    signs: Array = np.where(axes.max(axis=0) >= -axes.min(axis=0), 1, -1).astype(axes.dtype)
    return signs


def centred_chunks(
    X: RowMatrix, rows: Rows, mean: Array, pool: Executor
) -> Iterator[tuple[slice, Array]]:
    """Yield chunks of positions in `rows`, and ``X[rows] - mean`` there."""
    parts = row_blocks(len(rows), X.shape[1], CHUNK_VALUES, CHUNK_ROWS)
    return _read_ahead(pool, partial(_centred, X, rows, mean), list(parts))


def centred_panels(X: RowMatrix, rows: Rows, mean: Array) -> Iterator[tuple[slice, Array]]:
    """Yield the same, `PANEL_CHUNKS` chunks at a time."""
    values, most = PANEL_CHUNKS * CHUNK_VALUES, PANEL_CHUNKS * CHUNK_ROWS
    for part in row_blocks(len(rows), X.shape[1], values, most):
        yield part, _centred(X, rows, mean, part)


def _read_ahead(
    pool: Executor, read: Callable[[slice], Array], parts: Sequence[slice]
) -> Iterator[tuple[slice, Array]]:
    """Yield each part with its data, while a thread reads the next one."""
    ahead = [pool.submit(read, part) for part in parts[:1]]
    for part, following in zip_longest(parts, parts[1:]):
        chunk = ahead.pop().result()
        if following is not None:
            ahead.append(pool.submit(read, following))
        yield part, chunk


def _centred(X: RowMatrix, rows: Rows, mean: Array, part: slice) -> Array:
    centred: Array = convert(np.asarray(X[rows[part]]), mean.dtype)  # a copy: rows are indices
    centred -= mean
    release_pages(X)
    return centred


def _moved(part: slice, by: int) -> slice:
    return slice(part.start + by, part.stop + by)
