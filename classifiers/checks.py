"""Checks of what a classifier is given: features, labels, weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.numerics.memmap import release_pages
from handcraft.classifiers.numerics.sklearn_protocol import data_conversion_warning

Array = NDArray[np.floating[Any]]

BLOCK_ROWS = 4_096
"""Rows looked at in one go, so that a memory-mapped array is never in memory as a whole."""


def check_features(X: ArrayLike, name: str, n_features: int | None = None) -> NDArray[Any]:
    """Return `X` as a two-dimensional numeric array, as it is if it is one.

    Parameters
    ----------
    X
        (n_samples, n_features).
    name
        The classifier's, for the messages.
    n_features
        What it has to have; None: any number from 1.

    Raises
    ------
    ValueError
        If the shape is wrong, there are no rows or columns, or a value is not finite.
    TypeError
        If `X` is sparse.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(f"{name}: X is sparse, expected a dense array; pass X.toarray()")
    array = np.asarray(X)
    if array.dtype.kind == "c":
        raise ValueError(f"{name}: X is complex. Complex data not supported; pass real numbers")
    if array.dtype.kind not in "fiub":
        array = array.astype(np.float64)
    if array.ndim != 2:
        raise ValueError(
            f"{name}: X has {array.ndim} dimension(s), expected 2: (n_samples, n_features). "
            "Reshape your data: X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one sample"
        )
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if array.shape[axis] == 0:
            raise ValueError(
                f"{name}: X has 0 {what} (shape={array.shape}) while a minimum of 1 is required."
            )
    if n_features is not None and array.shape[1] != n_features:
        raise ValueError(
            f"X has {array.shape[1]} features, but {name} is expecting {n_features} features "
            "as input; compute them as for the training set"
        )
    _check_finite(array, name)
    return array


def check_labels(y: ArrayLike | None, n_samples: int, name: str) -> NDArray[Any]:
    """Return `y` as one label for each sample: integers, strings or any other discrete values.

    Raises
    ------
    ValueError
        If there is no `y`, its length is not `n_samples`, a label is missing, or the labels are
        numbers with decimals.
    """
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None; pass labels")
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected; "
            f"{name} uses its only column; change the shape of y to (n_samples,), as by ravel()",
            data_conversion_warning(),
            stacklevel=4,
        )
        labels = labels.ravel()
    if labels.shape != (n_samples,):
        raise ValueError(
            f"{name}: y should be a 1d array of {n_samples} labels, one for each sample; "
            f"got shape {labels.shape}"
        )
    if labels.dtype.kind == "c":
        raise ValueError(f"{name}: y is complex. Complex data not supported; pass labels")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise ValueError(f"{name}: y contains NaN or infinity; every sample needs a label")
        if (labels != labels.round()).any():
            raise ValueError(
                f"{name}: Unknown label type: continuous. y contains {labels[labels % 1 != 0][0]}, "
                "expected class labels"
            )
    return labels


def check_weights(
    sample_weight: ArrayLike | None,
    class_weight: Mapping[Any, float] | str | None,
    labels: NDArray[np.intp],
    classes: NDArray[Any],
    name: str,
) -> Array | None:
    """Return one weight for each sample, or None if all are equal.

    Parameters
    ----------
    sample_weight
        (n_samples,), not negative; or None.
    class_weight
        A factor for each class (1 for a class not named), ``"balanced"`` for factors that give
        every class the same total, or None.
    labels
        The class of each sample, as an index into `classes`.

    Raises
    ------
    ValueError
        If there is not one weight for each sample, one is negative or not finite, or all are 0.
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, float)
    if weights.shape != labels.shape:
        raise ValueError(
            f"{name}: sample_weight.shape == {weights.shape}, expected {labels.shape}, "
            "one weight for each sample"
        )
    if class_weight == "balanced":
        totals = np.bincount(labels, weights, len(classes))
        weights = weights * (1 / np.maximum(totals, np.finfo(float).tiny))[labels]
    elif isinstance(class_weight, Mapping):
        factors = np.array([class_weight.get(label, 1.0) for label in classes.tolist()])
        weights = weights * factors[labels]
    elif class_weight is not None:
        raise ValueError(
            f"{name}: class_weight={class_weight!r}, expected 'balanced', a mapping or None"
        )
    if not np.isfinite(weights).all() or weights.min() < 0 or weights.max() == 0:
        raise ValueError(
            f"{name}: weights between {weights.min()} and {weights.max()}; expected finite weights "
            "that are not negative and not all zero"
        )
    return weights


def check_positive(parameter: str, value: float | None, name: str) -> None:
    """Raise ValueError unless a parameter of the classifier `name` is positive, or None."""
    if value is not None and not value > 0:
        raise ValueError(f"{name}: {parameter}={value!r}, expected a positive number")


def check_choice(parameter: str, value: str, choices: Iterable[str], name: str) -> None:
    """Raise ValueError unless a parameter of the classifier `name` is one of the choices."""
    if value not in choices:
        raise ValueError(f"{name}: {parameter}={value!r}, expected one of {sorted(choices)}")


def _check_finite(X: NDArray[Any], name: str) -> None:
    """Raise unless all values are finite; looks at a block of rows at a time."""
    if X.dtype.kind != "f":
        return
    for start in range(0, len(X), BLOCK_ROWS):
        block = X[start : start + BLOCK_ROWS]
        if not np.isfinite(block).all():
            row = start + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
            raise ValueError(
                f"{name}: X contains NaN or infinity (inf), first in row {row}; "
                "expected finite numbers: leave the row out or replace the value"
            )
        release_pages(X)
