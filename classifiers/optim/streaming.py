"""Learning a linear classifier from rows that arrive in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import DataLoss, linear_loss
from handcraft.classifiers.optim.update_rules import UpdateRule

Array = NDArray[np.floating[Any]]

FLOOR = 0.01
"""Added to each variance, as a share of the mean one, so that constant features stay small."""


@dataclass
class Stream:
    """Weights on standardised features, z = (x - mean) scale, in the middle of training."""

    mean: Array
    scale: Array
    W: Array
    rule: UpdateRule
    rule_state: Any

    @classmethod
    def start(cls, X: Array, coef: Array, intercept: Array, rule: UpdateRule) -> Self:
        """Measure mean and spread on the first rows, and take over weights of plain features."""
        mean, variances = X.mean(axis=0), X.var(axis=0)
        typical = variances.mean()
        scale = np.ones_like(mean) if typical == 0 else 1 / np.sqrt(variances + FLOOR * typical)
        W = np.vstack([coef.T / scale[:, None], intercept + coef @ mean])
        return cls(mean, scale, W, rule, rule.init(W))

    @property
    def safe_rate(self) -> float:
        """A learning rate at which no direction diverges, however the features correlate."""
        return 1 / (1 + len(self.mean))

    def learn(
        self,
        X: Array,
        labels: NDArray[np.intp],
        loss: DataLoss,
        learning_rate: float,
        reg: float,
        batch_size: int,
    ) -> None:
        """Pass over some rows once, in their order."""
        for start in range(0, len(X), batch_size):
            batch = slice(start, start + batch_size)
            rows = (X[batch] - self.mean) * self.scale
            _, gradient = linear_loss(loss, self.W, rows, labels[batch], reg)
            step, self.rule_state = self.rule.update(
                gradient, self.rule_state, self.W, learning_rate
            )
            self.W = self.W + step

    def plain_weights(self) -> tuple[Array, Array]:
        """Return the weights of plain features (n_classes, n_features), and the biases."""
        coef = (self.scale[:, None] * self.W[:-1]).T
        return coef, self.W[-1] - coef @ self.mean
