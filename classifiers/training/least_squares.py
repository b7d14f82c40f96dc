"""Validation of features by least squares: a comparison in a second."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from handcraft.classifiers.numerics.rows import TrainingData
from handcraft.classifiers.numerics.threads import product_threads
from handcraft.classifiers.training.eigenvectors import inner_products, weighted_mean
from handcraft.classifiers.training.search_rows import Fold, validation_folds
from handcraft.classifiers.training.train import Settings
from handcraft.classifiers.validation import Validation, selection_cost, validation_of

Array = NDArray[np.floating[Any]]

PENALTIES = tuple(10.0**power for power in range(-5, 2))
"""Penalties as shares of the mean squared length of a centred row. Whitening by eps and a penalty
reg on the weights amount to eps * reg / (1 + reg): from almost none to one that leaves only class
means."""


def validate_least_squares(
    data: TrainingData, seed: int = 0, n_jobs: int | None = None
) -> Validation | None:
    r"""Return the validation of ridge regression on the classes, with its best penalty.

    With the inner products K of the centred rows of a training part, and k of another row with
    them, the scores of all classes are

    .. math:: \bar y + k (K + c I)^{-1} (y - \bar y)

    where y is 1 for the rows of a class and 0 for the others: one product of all pairs for all
    penalties c, whatever the length of a row.

    Parameters
    ----------
    data
        A few thousand rows at most: the time is cubic in their number.
    seed
        Of the validation parts; see `validation_folds`.
    n_jobs
        Threads; the result does not depend on it.

    Returns
    -------
    Validation or None
        Means over the parts; None if there are too few rows to validate.

    Notes
    -----
    Saunders, Gammerman & Vovk, "Ridge Regression Learning Algorithm in Dual Variables", 1998.
    """
    rows = data.rows
    groups = None if data.groups is None else data.groups[rows]
    folds = validation_folds(data.labels[rows], np.random.default_rng(seed), Settings(), groups)
    if not folds:
        return None
    found = [_validated(data, (rows[a], rows[b]), n_jobs) for a, b in folds]
    means = [
        {name: float(np.mean([part[name] for part in of_penalty])) for name in of_penalty[0]}
        for of_penalty in zip(*found, strict=True)
    ]
    return validation_of(min(means, key=lambda mean: mean["cost"]))


def _validated(data: TrainingData, fold: Fold, n_jobs: int | None) -> list[dict[str, float]]:
    """Return the validation of each of `PENALTIES` on a validation part."""
    (training, validation), n = fold, len(fold[0])
    weights = np.ones(len(data.labels)) if data.weights is None else data.weights
    counts = np.append(weights[training], np.ones(len(validation))).astype(data.dtype)
    Y = np.eye(len(data.classes))[data.labels[training]]
    y_mean = np.average(Y, axis=0, weights=counts[:n])
    targets = np.sqrt(counts[:n])[:, None] * (Y - y_mean)
    labels, of_others = data.labels[validation], weights[validation]
    with product_threads(n_jobs) as pool:
        x_mean = weighted_mean(data.X, training, counts[:n], pool)
        # Only the lower triangle, with the validation part below.
        products = inner_products(data.X, np.concatenate(fold), counts, x_mean, pool)
        K, k = products[:n, :n], products[n:, :n]
        mean_square = K.trace() / n or 1.0  # 0 if all rows are equal
        penalties = [penalty * mean_square for penalty in PENALTIES]
        scored = list(pool.map(partial(_dual_scores, K, k, targets), penalties))
    return [_summary(scores + y_mean, labels, of_others) for scores in scored]


def _dual_scores(K: Array, k: Array, targets: Array, penalty: float) -> Array:
    """Return k a, where (K + penalty I) a = targets."""
    damped = K.copy()
    damped[np.diag_indices_from(K)] += penalty
    factor = cho_factor(damped, lower=True, overwrite_a=True, check_finite=False)
    scores: Array = k @ cho_solve(factor, targets)
    return scores


def _summary(scores: Array, labels: NDArray[np.intp], weights: Array) -> dict[str, float]:
    """Return accuracy and cost of the scores of validation rows, and the number of rows."""
    accuracy = np.average(scores.argmax(axis=1) == labels, weights=weights)
    cost = selection_cost(scores, labels, weights / weights.mean()).cost
    return {"accuracy": float(accuracy), "cost": cost, "n_rows": len(labels)}
