"""Few long rows as coordinates in the space that they span: shorter, with equal inner products.

The rows of three thousand images, of a hundred thousand features each, span a space of less than
three thousand dimensions. Linear classifiers depend on rows through inner products only, and these
are preserved; everything after takes a fiftieth of the time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix, TrainingData
from handcraft.classifiers.numerics.threads import (
    add_products,
    product_threads,
    store_products,
    tiles,
)
from handcraft.classifiers.training.eigenvectors import (
    centred_chunks,
    centred_panels,
    column_signs,
    inner_products,
    largest_eigenpairs,
    weighted_mean,
)
from handcraft.classifiers.training.principal_axes import PrincipalAxes, WhitenedRows

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class RowSpace:
    """An orthonormal basis of the span of centred rows, as sums of these rows.

    With centred rows A, each times the square root of its weight, the eigenvectors V and
    eigenvalues L of A A' give the coordinates V sqrt(L), whose inner products are those of A, and
    the basis A' V / sqrt(L): the principal axes of the rows.

    Attributes
    ----------
    coordinates
        The rows of non-zero weight, with their labels, weights and groups.
    whole
        The original data.
    mean
        The weighted mean of the rows, (n_features,).
    sums
        The coefficient of each unweighted centred row in each axis: (n_rows, n_axes).
    whitened
        The coordinates, which are along principal axes already, scaled as by `WhitenedRows.learn`.

    Notes
    -----
    The "snapshot" method: Sirovich, "Turbulence and the dynamics of coherent structures", 1987.
    Scholkopf, Smola and Muller, "Nonlinear component analysis as a kernel eigenvalue problem",
    1998, with the linear kernel.
    """

    coordinates: TrainingData
    whole: TrainingData
    mean: Array
    sums: Array
    whitened: WhitenedRows
    n_jobs: int | None

    @classmethod
    def of(cls, data: TrainingData, n_jobs: int | None = None) -> Self:
        """Return the space of the rows of non-zero weight, the same with any number of threads."""
        rows = data.rows
        weights = None if data.weights is None else data.weights[rows]
        counts = np.ones(len(rows), data.dtype) if weights is None else weights.astype(data.dtype)
        with product_threads(n_jobs) as pool:
            mean = weighted_mean(data.X, rows, counts, pool)
            products = inner_products(data.X, rows, counts, mean, pool)
            eigenvalues, vectors = largest_eigenpairs(products, data.dtype)
        lengths = np.sqrt(np.maximum(eigenvalues, np.finfo(data.dtype).tiny))
        roots = np.sqrt(counts)[:, None]
        X = vectors / roots * lengths
        signs = column_signs(X)
        coordinates = replace(
            data,
            X=X * signs,
            labels=data.labels[rows],
            weights=weights,
            groups=None if data.groups is None else data.groups[rows],
        )
        axes = PrincipalAxes.of_columns(eigenvalues / counts.sum())
        whitened = WhitenedRows.along(axes, coordinates, np.arange(len(rows)), n_jobs)
        return cls(coordinates, data, mean, vectors * roots * (signs / lengths), whitened, n_jobs)

    def project(self, X: RowMatrix) -> Array:
        """Return the coordinates of other rows, projected onto the space: (n_rows, n_axes)."""
        products = np.zeros((len(X), len(self.sums)), self.mean.dtype)
        with product_threads(self.n_jobs) as pool:
            for panel, A in centred_panels(X, np.arange(len(X)), self.mean):
                for part, centred in centred_chunks(self.whole.X, self.whole.rows, self.mean, pool):
                    place, cut = products[panel, part], tiles(len(A), len(centred))
                    store_products(pool, ((place[t], A[t], centred.T) for t in cut))
        coordinates: Array = products @ self.sums
        return coordinates

    def weights_of_features(self, W: Array) -> Array:
        """Return the weights of the features, (n_features, n), for those of the coordinates."""
        sums, rows = self.sums @ W, self.whole.rows
        weights = np.zeros((len(self.mean), W.shape[1]), self.mean.dtype)
        with product_threads(self.n_jobs) as pool:
            for part, centred in centred_chunks(self.whole.X, rows, self.mean, pool):
                add_products(
                    pool,
                    ((weights[t], centred[:, t].T, sums[part]) for t in tiles(len(weights))),
                )
        return weights
