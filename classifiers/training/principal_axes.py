"""Whitening: the training features turned to their principal axes and scaled to equal spread.

Gradient descent needs steps short enough for the direction in which the data spread most, and
then crawls along the others. The features of images spread hundreds of times more along some
directions than along most. Whitening makes all directions alike, and a few passes are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from handcraft.classifiers.numerics.compact import BYTE, HALF, convert
from handcraft.classifiers.numerics.memmap import release_pages
from handcraft.classifiers.numerics.threads import single_threaded, usable_cores

Array = NDArray[np.floating[Any]]
Rows = NDArray[np.intp]

MAX_AXES = 2_400
"""The largest eigenproblem solved, (n, n); its cost is the cube. Longer vectors go in blocks."""

BLOCK_AXES = 1_200
"""The size of these blocks, at most. On tens of thousands of values they are no less accurate than
larger ones."""

MAX_INNER_PRODUCTS = 5_000
"""Where there are fewer rows than this, and fewer than features, the axes come from their inner
products."""

STEPS = 21
"""Steps to the spread along an axis, where rows are rounded to int8. That adds a five-thousandth to
the variance (1 / (12 * 21**2)), and the steps reach to six times the spread."""

CHUNK_ROWS = 2_048
"""Rows in memory at a time. Their float32 products are added up in float64: over more rows the
small variances would be lost in rounding."""

CHUNK_VALUES = 2**25
"""Values in memory at a time: fewer of very long rows."""

SMALLEST_VARIANCE = 1e-8
"""Directions with less than this share of the largest variance are rounding, and left out. All of
what words count varies together, with the contrast, some hundred times more than all else does:
most directions that tell classes apart have a share of less than 1e-6."""


@dataclass(frozen=True)
class Block:
    """Principal axes of some neighbouring features."""

    features: slice
    axes: Array
    """(n_features of the block, n_axes), orthogonal columns."""


@dataclass(frozen=True)
class Whitening:
    r"""Principal axes of a set of rows: x becomes z = (x - mean) U diag(s).

    U holds the eigenvectors of the covariance, each divided by 1 / `STEPS` of the spread along it,
    so that rows (x - mean) U vary alike along all axes and may be rounded to integers. And
    s = sqrt(l / (l + eps m)) / `STEPS`, where l is the variance along an axis and m the mean of all
    l. A small eps keeps all directions alike; a large one restores the proportions of the data, so
    that an L2 penalty on the weights of z holds down directions that vary little. With few rows for
    the number of features these are noise, and the best eps is large.

    Attributes
    ----------
    mean
        (n_features,).
    blocks
        One for all features, or several neighbouring groups that are whitened by themselves.
    variances
        (n_axes,), of all blocks in a row, as shares of the largest.

    Notes
    -----
    With fewer rows than features the axes come from the rows' inner products, a smaller
    eigenproblem with the same result (the "snapshot" method; Sirovich, 1987).
    """

    mean: Array
    blocks: tuple[Block, ...]
    variances: Array

    @classmethod
    def fit(cls, X: Array, rows: Rows, weights: Array | None, dtype: np.dtype[Any]) -> Self:
        """Find the principal axes of ``X[rows]``, a chunk at a time.

        Parameters
        ----------
        X
            (n_samples, n_features), may be memory-mapped.
        rows
            Indices of the rows to learn from.
        weights
            How often each of these rows counts, (n_rows,); None for once.
        dtype
            Of the results and of the arithmetic with the rows.
        """
        counts = np.ones(len(rows), dtype) if weights is None else weights.astype(dtype)
        n_features = X.shape[1]
        mean = _mean(X, rows, counts)
        if _are_few(len(rows), n_features):
            found = [_axes_from_inner_products(X, rows, counts, mean)]
        else:
            found = _axes_from_covariances(X, rows, counts, mean, _blocks(n_features))
        for block, v in found:
            # In place: the axes of long rows take gigabytes.
            np.multiply(block.axes, _signs(block.axes) * STEPS / _spread(v), out=block.axes)
        variances = np.concatenate([v for _, v in found])
        largest = variances.max() or variances.dtype.type(1)
        return cls(mean, tuple(block for block, _ in found), variances / largest)

    def rotate(self, X: Array, rows: Rows) -> NDArray[Any]:
        """Return (X[rows] - mean) U, not scaled: (n_rows, n_axes).

        Rounded to int8 where X is in float16; the arithmetic is in float32 then.
        """
        dtype = BYTE if X.dtype == HALF else self.mean.dtype
        rotated = np.empty((len(rows), len(self.variances)), dtype)
        for part, centred in _centred_chunks(X, rows, self.mean):
            edge = 0
            for block in self.blocks:
                n_axes = block.axes.shape[1]
                turned = centred[:, block.features] @ block.axes
                rotated[part, edge : edge + n_axes] = convert(turned, dtype)
                edge += n_axes
        return rotated

    def without_axes(self) -> Self:
        """Return the variances alone, of axes that are not needed any more."""
        return replace(self, blocks=())

    def scales(self, eps: float) -> Array:
        """Return s: (n_axes,)."""
        scales: Array = np.sqrt(self.whitened_variances(eps)) / STEPS
        return scales

    def whitened_variances(self, eps: float) -> Array:
        """Return the variances of z, l / (l + eps m): (n_axes,)."""
        floor = np.finfo(self.variances.dtype).tiny  # for features that are all constant
        shares: Array = self.variances / (self.variances + eps * self.variances.mean() + floor)
        return shares

    def unrotate(self, W: Array) -> Array:
        """Return weights of the features for weights of the rotated rows: U W."""
        edge, parts = 0, []
        for block in self.blocks:
            n_axes = block.axes.shape[1]
            parts.append(block.axes @ W[edge : edge + n_axes])
            edge += n_axes
        return np.concatenate(parts)


def enough_rows(n_rows: int, n_features: int) -> bool:
    """Tell whether the axes of so many rows hardly depend on any one of them.

    There are twice as many as features that are whitened together.
    """
    widest = max(block.stop - block.start for block in _blocks(n_features))
    return n_rows >= 2 * widest and not _are_few(n_rows, n_features)


def _are_few(n_rows: int, n_features: int) -> bool:
    return n_rows < min(n_features, MAX_INNER_PRODUCTS)


def _blocks(n_features: int) -> list[slice]:
    """Return the neighbouring features that are whitened together."""
    n_blocks = 1 if n_features <= MAX_AXES else -(-n_features // BLOCK_AXES)
    edges = np.linspace(0, n_features, n_blocks + 1).astype(int).tolist()
    return [slice(*edge) for edge in pairwise(edges)]


def _chunks(X: Array, rows: Rows) -> Iterator[slice]:
    """Yield slices of the positions of some rows, as many at a time as are held in memory."""
    n_rows = max(1, min(CHUNK_ROWS, CHUNK_VALUES // X.shape[1]))
    for start in range(0, len(rows), n_rows):
        yield slice(start, start + n_rows)


def _mean(X: Array, rows: Rows, counts: Array) -> Array:
    """Return the weighted mean of some rows, added up in float64."""
    total = np.zeros(X.shape[1])
    for part in _chunks(X, rows):
        chunk = convert(X[rows[part]], counts.dtype)
        total += counts[part].astype(np.float64) @ chunk.astype(np.float64)
        release_pages(X)
    mean: Array = (total / counts.sum(dtype=np.float64)).astype(counts.dtype)
    return mean


def _axes_from_covariances(
    X: Array, rows: Rows, counts: Array, mean: Array, columns: Sequence[slice]
) -> list[tuple[Block, Array]]:
    """Return the principal axes of each group of features, from its covariance."""
    covariances = [np.zeros((features.stop - features.start,) * 2) for features in columns]
    for part, centred in _centred_chunks(X, rows, mean):
        centred *= np.sqrt(counts[part])[:, None]
        for features, covariance in zip(columns, covariances, strict=True):
            covariance += centred[:, features].T @ centred[:, features]
    total = counts.sum(dtype=np.float64)

    def axes(i: int) -> tuple[Block, Array]:
        """Return one group's, with their variances."""
        variances, axes = _largest_eigenpairs(covariances[i] / total, mean.dtype)
        return Block(columns[i], axes), variances

    with single_threaded(), ThreadPoolExecutor(usable_cores()) as pool:
        return list(pool.map(axes, range(len(columns))))


def _axes_from_inner_products(
    X: Array, rows: Rows, counts: Array, mean: Array
) -> tuple[Block, Array]:
    """Return the principal axes of all features, from the inner products of few rows.

    With weighted, centred rows A, the eigenvectors V and eigenvalues n l of A A' give the axes
    A' V / sqrt(n l).
    """
    roots = np.sqrt(counts)[:, None]
    columns = [slice(a, a + CHUNK_ROWS) for a in range(0, len(mean), CHUNK_ROWS)]

    def weighted(features: slice) -> Array:
        """Return some columns of A: (n_rows, n_columns)."""
        return (convert(X[rows, features], mean.dtype) - mean[features]) * roots

    products = np.zeros((len(rows), len(rows)))
    for features in columns:
        part = weighted(features)
        products += part @ part.T
    with single_threaded():
        eigenvalues, vectors = _largest_eigenpairs(products, mean.dtype)
    vectors /= np.sqrt(np.maximum(eigenvalues, np.finfo(mean.dtype).tiny))
    axes = np.empty((len(mean), len(eigenvalues)), mean.dtype)
    for features in columns:
        np.matmul(weighted(features).T, vectors, out=axes[features])
    return Block(slice(0, len(mean)), axes), eigenvalues / counts.sum()


def _largest_eigenpairs(matrix: NDArray[np.float64], dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """Return the eigenvalues above rounding, ascending, and their eigenvectors as columns.

    They are found in float64: in float32 the small ones would be lost beside the largest.
    """
    eigenvalues, vectors = eigh(matrix, driver="evd", overwrite_a=True, check_finite=False)
    first = np.searchsorted(eigenvalues, SMALLEST_VARIANCE * eigenvalues[-1], side="right")
    first = min(first, len(eigenvalues) - 1)  # features that are all constant leave one axis
    return np.maximum(eigenvalues[first:], 0).astype(dtype), vectors[:, first:].astype(dtype)


def _spread(variances: Array) -> Array:
    """Return the roots; 1 where the variance is 0, because features are all constant."""
    spread: Array = np.sqrt(np.where(variances > 0, variances, 1))
    return spread


def _signs(axes: Array) -> Array:
    """Return the sign of each column's largest entry, 1 or -1.

    The direction of an eigenvector is an accident of rounding. It would decide which features the
    random initial weights of a network meet.
    """
    signs: Array = np.where(axes.max(axis=0) >= -axes.min(axis=0), 1, -1).astype(axes.dtype)
    return signs


def _centred_chunks(X: Array, rows: Rows, mean: Array) -> Iterator[tuple[slice, Array]]:
    """Yield the positions of some rows and ``X[rows] - mean`` at them, in turn."""
    for part in _chunks(X, rows):
        centred = convert(X[rows[part]], mean.dtype)  # indices give a copy, so it may change
        centred -= mean
        yield part, centred
        release_pages(X)
