"""Whitening: the training rows projected onto their principal axes, and scaled to equal variance.

Gradient descent needs steps short enough for the direction of the largest variance, and is then
slow along the others. The features of images vary hundreds of times more along some directions than
along most. Whitening equalises all directions, so that a few epochs are enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import BYTE, HALF, RowMatrix, TrainingData
from handcraft.classifiers.numerics.threads import (
    product_threads,
    store_products,
    tiles,
)
from handcraft.classifiers.training.eigenvectors import (
    are_few,
    axes_from_covariances,
    axes_from_inner_products,
    centred_chunks,
    column_signs,
    weighted_mean,
)

Array = NDArray[np.floating[Any]]
Rows = NDArray[np.intp]

MAX_AXES = 2_400
"""The largest eigenproblem solved, (n, n), of cubic cost. Longer vectors are split into blocks."""

BLOCK_AXES = 1_200
"""The largest size of these blocks. With tens of thousands of features they are no less accurate
than larger ones."""

LEVELS = 21
"""Quantisation levels per standard deviation along an axis, if rows are quantised to int8. It adds
a five-thousandth to the variance (1 / (12 * 21**2)), and int8 covers six standard deviations."""


@dataclass(frozen=True)
class Block:
    """Principal axes of some neighbouring features."""

    features: slice
    axes: Array
    """(n_features of the block, n_axes), orthogonal columns."""


@dataclass(frozen=True)
class PrincipalAxes:
    r"""Principal axes of a set of rows: x becomes z = (x - mean) U diag(s).

    U holds the eigenvectors of the covariance, each divided by 1 / `LEVELS` of the standard
    deviation along it, so that rows (x - mean) U have equal variance along all axes and may be
    quantised to integers. And s = sqrt(l / (l + eps m)) / `LEVELS`, where l is the variance along
    an axis and m the mean of all kept l. A small eps equalises all directions; a large one restores
    the proportions of the data, so that an L2 penalty on the weights of z shrinks directions of
    small variance. With few rows for the number of features these are noise, and the best eps is
    large.

    Attributes
    ----------
    mean
        (n_features,).
    blocks
        One for all features, or several neighbouring groups that are whitened separately.
    variances
        (n_axes,), of all blocks, concatenated, as shares of the largest.

    Notes
    -----
    With fewer rows than features the axes come from the rows' inner products, a smaller
    eigenproblem with the same result (the "snapshot" method; Sirovich, 1987).
    """

    mean: Array
    blocks: tuple[Block, ...]
    variances: Array

    @classmethod
    def fit(
        cls,
        X: RowMatrix,
        rows: Rows,
        weights: Array | None,
        dtype: np.dtype[Any],
        n_jobs: int | None = None,
    ) -> Self:
        """Find the principal axes of ``X[rows]``, a chunk at a time.

        Parameters
        ----------
        X
            (n_samples, n_features), may be memory-mapped.
        rows
            Indices of the rows to use.
        weights
            Weights of these rows, (n_rows,); None for ones.
        dtype
            Of the results and of the arithmetic with the rows.
        n_jobs
            Threads; the result does not depend on it.
        """
        counts = np.ones(len(rows), dtype) if weights is None else weights.astype(dtype)
        n_features = X.shape[1]
        columns = blocks_of(n_features)
        with product_threads(n_jobs) as pool:
            mean = weighted_mean(X, rows, counts, pool)
            if are_few(len(rows), n_features):
                columns = [slice(0, n_features)]
                found = [axes_from_inner_products(X, rows, counts, mean, pool)]
            else:
                found = axes_from_covariances(X, rows, counts, mean, columns, pool)
        for v, axes in found:
            # In place: the axes of long rows take gigabytes.
            np.multiply(axes, column_signs(axes) * _lengths(v), out=axes)
        blocks = tuple(Block(part, axes) for part, (_, axes) in zip(columns, found, strict=True))
        variances = np.concatenate([v for v, _ in found])
        return cls(mean, blocks, _shares(variances))

    @classmethod
    def of_columns(cls, variances: Array) -> Self:
        """Return the axes of centred rows whose columns are uncorrelated, of these variances."""
        block = Block(slice(0, len(variances)), np.diag(_lengths(variances)))
        return cls(np.zeros_like(variances), (block,), _shares(variances))

    def project(self, X: RowMatrix, rows: Rows, n_jobs: int | None = None) -> NDArray[Any]:
        """Return (X[rows] - mean) U, not scaled: (n_rows, n_axes).

        Quantised to int8 where X is in float16; the arithmetic is in float32 then.
        """
        dtype = BYTE if X.dtype == HALF else self.mean.dtype
        projected = np.empty((len(rows), len(self.variances)), dtype)
        with product_threads(n_jobs) as pool:
            for part, centred in centred_chunks(X, rows, self.mean, pool):
                store_products(
                    pool,
                    (
                        (projected[part, place], centred[:, block.features], block.axes[:, axes])
                        for block, axes, place in self._tiles()
                    ),
                )
        return projected

    def _tiles(self) -> Iterator[tuple[Block, slice, slice]]:
        """Yield blocks, some of the axes of each, and their places among all axes."""
        edge = 0
        for block in self.blocks:
            n_axes = block.axes.shape[1]
            for axes in tiles(n_axes):
                yield block, axes, slice(edge + axes.start, edge + axes.stop)
            edge += n_axes

    def without_axes(self) -> Self:
        """Return the object with the variances only, without the axes."""
        return replace(self, blocks=())

    def scales(self, eps: float) -> Array:
        """Return s: (n_axes,)."""
        scales: Array = np.sqrt(self.whitened_variances(eps)) / LEVELS
        return scales

    def whitened_variances(self, eps: float) -> Array:
        """Return the variances of z, l / (l + eps m): (n_axes,)."""
        floor = np.finfo(self.variances.dtype).tiny  # for features that are all constant
        shares: Array = self.variances / (self.variances + eps * self.variances.mean() + floor)
        return shares

    def weights_of_features(self, W: Array) -> Array:
        """Return the weights of the features, U W, for weights W of the projected rows."""
        edge, parts = 0, []
        for block in self.blocks:
            n_axes = block.axes.shape[1]
            parts.append(block.axes @ W[edge : edge + n_axes])
            edge += n_axes
        return np.concatenate(parts)


def _lengths(variances: Array) -> Array:
    """Return the lengths of axes along which rows have these variances."""
    lengths: Array = LEVELS / np.sqrt(np.where(variances > 0, variances, 1))
    return lengths


def _shares(variances: Array) -> Array:
    """Return the variances as shares of the largest."""
    largest = variances.max() or variances.dtype.type(1)
    shares: Array = variances / largest
    return shares


@dataclass(frozen=True)
class WhitenedRows:
    """Some of the rows along their principal axes, not yet scaled.

    The scale is applied to the weights: the scores of whitened rows, (rows * s) W, are rows
    (s * W), so that the rows do not change when another whitening is tried.
    """

    rows: NDArray[Any]
    labels: NDArray[np.intp]
    weights: Array | None
    axes: PrincipalAxes

    @classmethod
    def learn(cls, data: TrainingData, rows: Rows, n_jobs: int | None = None) -> WhitenedRows:
        """Find the principal axes of some rows, and project these rows onto them."""
        weights = None if data.weights is None else data.weights[rows]
        axes = PrincipalAxes.fit(data.X, rows, weights, data.dtype, n_jobs)
        return cls.along(axes, data, rows, n_jobs)

    def project(self, data: TrainingData, rows: Rows, n_jobs: int | None = None) -> WhitenedRows:
        """Project other rows onto the same axes."""
        return self.along(self.axes, data, rows, n_jobs)

    @classmethod
    def along(
        cls, axes: PrincipalAxes, data: TrainingData, rows: Rows, n_jobs: int | None = None
    ) -> WhitenedRows:
        """Project some rows onto given axes."""
        weights = None
        if data.weights is not None:
            weights = (data.weights[rows] / data.weights[rows].mean()).astype(data.dtype)
        return cls(axes.project(data.X, rows, n_jobs), data.labels[rows], weights, axes)

    def without_axes(self) -> WhitenedRows:
        """Return the same rows without the axes, to save memory: enough for training only."""
        return replace(self, axes=self.axes.without_axes())

    def part(self, chosen: slice) -> WhitenedRows:
        """Return neighbouring rows, without copying them."""
        weights = None if self.weights is None else self.weights[chosen]
        return WhitenedRows(self.rows[chosen], self.labels[chosen], weights, self.axes)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_axes(self) -> int:
        """The length of a row."""
        return int(self.rows.shape[1])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The float type of the arithmetic with the rows, which may be kept in int8."""
        return self.axes.mean.dtype

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The rows, the labels and, if there are any, the weights: the data of a loss."""
        fixed = (self.rows, self.labels)
        return fixed if self.weights is None else (*fixed, self.weights)

    def scale(self, eps: float) -> Array:
        """Return s and a 1 for the bias, as a column: (n_axes + 1, 1)."""
        return np.append(self.axes.scales(eps), 1).astype(self.dtype)[:, None]

    def safe_rate(self, eps: float, batch_size: int) -> float:
        """Return the unit of learning rates: about where plain SGD starts to diverge.

        The second moments of a batch of B whitened rows, whose variances along the axes add up to
        k, have no eigenvalue much above (1 + sqrt(k / B))^2 (Marchenko and Pastur, 1967).
        """
        k = float(self.axes.whitened_variances(eps).sum(dtype=np.float64))
        return 1 / (1 + math.sqrt(k / batch_size)) ** 2


def enough_rows(n_rows: int, n_features: int) -> bool:
    """Return whether there are enough rows for the axes hardly to depend on any single one.

    That is twice the number of features whitened together.
    """
    widest = max(block.stop - block.start for block in blocks_of(n_features))
    return n_rows >= 2 * widest and not are_few(n_rows, n_features)


def blocks_of(n_features: int) -> list[slice]:
    """Return the blocks of neighbouring features that are whitened together."""
    n_blocks = 1 if n_features <= MAX_AXES else -(-n_features // BLOCK_AXES)
    edges = np.linspace(0, n_features, n_blocks + 1).astype(int).tolist()
    return [slice(*edge) for edge in pairwise(edges)]
