"""Training rows along their principal axes, ready for gradient descent at any whitening."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.checks import TrainingData
from handcraft.classifiers.training.principal_axes import PrincipalAxes

Array = NDArray[np.floating[Any]]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class WhitenedRows:
    """Some of the rows along their principal axes, not yet scaled.

    Scaling belongs to the weights: the scores of whitened rows, (rows * s) W, are rows (s * W), so
    the rows need not change when another whitening is tried.
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
        """Project some rows onto axes that are known."""
        weights = None
        if data.weights is not None:
            weights = (data.weights[rows] / data.weights[rows].mean()).astype(data.dtype)
        return cls(axes.project(data.X, rows, n_jobs), data.labels[rows], weights, axes)

    def without_axes(self) -> WhitenedRows:
        """Return the same rows, without the memory of the axes: enough to train, not to predict."""
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
        """The rows, the labels and, if there are any, the weights: what a loss takes."""
        fixed = (self.rows, self.labels)
        return fixed if self.weights is None else (*fixed, self.weights)

    def scale(self, eps: float) -> Array:
        """Return s and a 1 for the bias, as a column: (n_axes + 1, 1)."""
        return np.append(self.axes.scales(eps), 1).astype(self.dtype)[:, None]

    def safe_rate(self, eps: float, batch_size: int) -> float:
        """Return a learning rate to measure others by: about where plain SGD starts to diverge.

        The second moments of a batch of B whitened rows, whose variances along the axes add up to
        k, have no eigenvalue much above (1 + sqrt(k / B))^2 (Marchenko and Pastur, 1967).
        """
        k = float(self.axes.whitened_variances(eps).sum(dtype=np.float64))
        return 1 / (1 + math.sqrt(k / batch_size)) ** 2
