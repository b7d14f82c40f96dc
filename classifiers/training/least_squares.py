"""How well rows tell classes apart, by least squares: a comparison of features in a second."""

from __future__ import annotations

import numpy as np

from handcraft.classifiers.checks import TrainingData
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.classifiers.training.folds import Fold, validation_folds
from handcraft.classifiers.training.row_space import RowSpace
from handcraft.classifiers.training.settings import Settings
from handcraft.classifiers.validation import Validation, selection_cost, validation_of

PENALTIES = tuple(10.0**power for power in range(-5, 2))
"""As shares of the mean variance along the axes. Whitening by eps and a penalty reg on the weights
amount to one of eps * reg / (1 + reg): from next to none to one that leaves the class means."""


@single_threaded()
def validate_least_squares(
    data: TrainingData, seed: int = 0, n_jobs: int | None = None
) -> Validation | None:
    r"""Return how ridge regression on the classes does on validation parts, at its best penalty.

    Along the principal axes of the rows of a training part, with variances l, the weights of all
    penalties follow from one product, axis by axis:

    .. math:: w_i = \frac{z_i^T (y - \bar y)}{n (l_i + c)}

    with the coordinates z, and y 1 for the rows of a class and 0 for others.

    Parameters
    ----------
    data
        A few thousand rows at most: the time goes with the cube of their number.
    seed
        Of the validation parts; see `validation_folds`.
    n_jobs
        Threads; the bits do not depend on it.

    Returns
    -------
    Validation or None
        Means over the parts; None if there are too few rows to validate.

    Notes
    -----
    Hoerl & Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", 1970,
    doi:10.1080/00401706.1970.10488634.
    """
    rows = data.rows
    groups = None if data.groups is None else data.groups[rows]
    rng = np.random.default_rng(seed)
    folds = validation_folds(data.labels[rows], rng, Settings(), groups)
    if not folds:
        return None
    found = [_validated(data, (rows[a], rows[b]), n_jobs) for a, b in folds]
    means = [
        {name: float(np.mean([part[name] for part in of_penalty])) for name in of_penalty[0]}
        for of_penalty in zip(*found, strict=True)
    ]
    return validation_of(min(means, key=lambda mean: mean["cost"]))


def _validated(data: TrainingData, fold: Fold, n_jobs: int | None) -> list[dict[str, float]]:
    """Return how each of `PENALTIES` does on a validation part."""
    training, validation = fold
    weights = None if data.weights is None else data.weights[training]
    part = TrainingData(data.X[training], data.labels[training], weights, data.classes)
    space = RowSpace.of(part, n_jobs)
    Z, others = np.asarray(space.coordinates.X), space.project(data.X[validation])
    counts = np.ones(len(Z), Z.dtype) if weights is None else weights.astype(Z.dtype)
    Y = np.eye(len(data.classes), dtype=Z.dtype)[part.labels]
    mean = np.average(Y, axis=0, weights=counts)
    products = (Z * counts[:, None]).T @ (Y - mean)
    sums = np.einsum("i,ij,ij->j", counts, Z, Z)
    labels = data.labels[validation]
    of_others = None
    if data.weights is not None:
        of_others = data.weights[validation] / data.weights[validation].mean()
    found = []
    for penalty in PENALTIES:
        scores = others @ (products / (sums + penalty * sums.mean())[:, None]) + mean
        accuracy = np.average(scores.argmax(axis=1) == labels, weights=of_others)
        cost = selection_cost(scores, labels, of_others).cost
        found.append({"accuracy": float(accuracy), "cost": cost, "n_rows": len(labels)})
    return found
