"""Training rows turned to their principal axes, ready for gradient descent at any whitening."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.compact import computing_dtype
from handcraft.classifiers.training.principal_axes import Whitening, enough_rows

Array = NDArray[np.floating[Any]]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class TrainingData:
    """Checked features, labels and weights, as the caller gave them.

    Attributes
    ----------
    X
        (n_samples, n_features), may be memory-mapped.
    labels
        Indices of the classes, (n_samples,).
    weights
        (n_samples,), or None if all are equal.
    """

    X: NDArray[Any]
    labels: NDArray[np.intp]
    weights: Array | None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The float type of training."""
        return computing_dtype(self.X)


@dataclass(frozen=True)
class WhitenedSet:
    """Some of the rows along their principal axes, not yet scaled.

    Scaling belongs to the weights: the scores of whitened rows, (rows * s) W, are rows (s * W), so
    the rows need not change when another whitening is tried.
    """

    rows: NDArray[Any]
    labels: NDArray[np.intp]
    weights: Array | None
    whitening: Whitening

    @classmethod
    def learn(cls, data: TrainingData, rows: NDArray[np.intp]) -> WhitenedSet:
        """Find the principal axes of some rows, and turn these rows to them."""
        weights = None if data.weights is None else data.weights[rows]
        return cls._turn(data, rows, Whitening.fit(data.X, rows, weights, data.dtype))

    def along(self, data: TrainingData, rows: NDArray[np.intp]) -> WhitenedSet:
        """Turn other rows to the same axes."""
        return self._turn(data, rows, self.whitening)

    @classmethod
    def _turn(cls, data: TrainingData, rows: NDArray[np.intp], whitening: Whitening) -> WhitenedSet:
        weights = None
        if data.weights is not None:
            weights = (data.weights[rows] / data.weights[rows].mean()).astype(data.dtype)
        return cls(whitening.rotate(data.X, rows), data.labels[rows], weights, whitening)

    def without_axes(self) -> WhitenedSet:
        """Return the same rows, without the memory of the axes: enough to train, not to predict."""
        return replace(self, whitening=self.whitening.without_axes())

    def part(self, chosen: slice) -> WhitenedSet:
        """Return neighbouring rows, without copying them."""
        weights = None if self.weights is None else self.weights[chosen]
        return WhitenedSet(self.rows[chosen], self.labels[chosen], weights, self.whitening)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The float type of the arithmetic with the rows, which may be kept in int8."""
        return self.whitening.mean.dtype

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """The rows, the labels and, if there are any, the weights: what a loss takes."""
        fixed = (self.rows, self.labels)
        return fixed if self.weights is None else (*fixed, self.weights)

    def scale(self, eps: float) -> Array:
        """Return s and a 1 for the bias, as a column: (n_axes + 1, 1)."""
        return np.append(self.whitening.scales(eps), 1).astype(self.dtype)[:, None]

    def safe_rate(self, eps: float, batch_size: int) -> float:
        """Return a learning rate to measure others by: about where plain SGD starts to diverge.

        The second moments of a batch of B whitened rows, whose variances along the axes add up to
        k, have no eigenvalue much above (1 + sqrt(k / B))^2 (Marchenko and Pastur, 1967).
        """
        k = float(self.whitening.whitened_variances(eps).sum(dtype=np.float64))
        return 1 / (1 + math.sqrt(k / batch_size)) ** 2


Split = tuple[WhitenedSet, WhitenedSet]
"""Training part and validation part, along the same axes."""


def split_for_search(
    data: TrainingData, rows: Rows, folds: Sequence[tuple[Rows, Rows]]
) -> tuple[list[Split], WhitenedSet | None]:
    """Whiten the training and validation part of each fold.

    With one fold and plenty of rows the axes are learned once from all of them, which sees no
    label; all rows along these axes are then returned too, for the training that follows. With
    few rows the validation part must not shape the axes, which nearly memorise their rows.

    Parameters
    ----------
    rows
        Rows of the data that there are to learn from.
    folds
        Positions in `rows` to train on and to validate on; of all of them, or of a sample.
    """
    if len(folds) == 1 and enough_rows(len(rows), data.X.shape[1]):
        training, validation = folds[0]
        others = np.setdiff1d(np.arange(len(rows)), np.concatenate(folds[0]))
        whole = WhitenedSet.learn(data, rows[np.concatenate([training, validation, others])])
        first, second = len(training), len(training) + len(validation)
        return [(whole.part(slice(first)), whole.part(slice(first, second)))], whole
    splits = []
    for training, validation in folds:
        part = WhitenedSet.learn(data, rows[training])
        other = part.along(data, rows[validation])
        splits.append((part.without_axes(), other.without_axes()))
    return splits, None
