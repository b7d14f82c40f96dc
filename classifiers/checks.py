"""Validation of the input of classifiers: features, labels, weights, groups."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.numerics.rows import (
    RowMatrix,
    TrainingData,
    as_row_matrix,
    computing_dtype,
    extremes,
    release_pages,
    row_blocks,
)
from handcraft.classifiers.numerics.sklearn_protocol import data_conversion_warning

Array = NDArray[np.floating[Any]]

BLOCK_VALUES, BLOCK_ROWS = 2**22, 4_096
"""Values and rows checked at a time: a row matrix is never in memory as a whole."""


def check_training_data(
    X: ArrayLike | RowMatrix,
    y: ArrayLike | None,
    name: str,
    sample_weight: ArrayLike | None = None,
    class_weight: Mapping[Any, float] | str | None = None,
    groups: ArrayLike | None = None,
) -> TrainingData:
    """Return checked data, with the labels as indices into their sorted values.

    Raises
    ------
    ValueError, TypeError
        If features, labels, weights or groups are invalid, or there is only one class.
    """
    features = check_features(X, name)
    labels = check_labels(y, len(features), name)
    try:
        classes, indices = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"{name}: y holds labels that have no order ({error}); expected strings or integers"
        ) from error
    if len(classes) < 2:
        raise ValueError(
            f"{name}: y has one class only, {classes.tolist()[0]!r}; expected two or more classes"
        )
    weights = check_weights(sample_weight, class_weight, indices, classes, name)
    return TrainingData(
        features, indices, weights, classes, check_groups(groups, len(labels), name)
    )


def check_features(X: ArrayLike | RowMatrix, name: str, n_features: int | None = None) -> RowMatrix:
    """Return `X` as a two-dimensional numeric row matrix, unchanged if it is one.

    Parameters
    ----------
    X
        (n_samples, n_features).
    name
        The classifier's, for the messages.
    n_features
        The expected number; None: any number from 1.

    Raises
    ------
    ValueError
        If the shape is wrong, there are no rows or columns, or a value is not finite or too large.
    TypeError
        If `X` is sparse.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(f"{name}: X is sparse, expected a dense array; pass X.toarray()")
    matrix = _as_numbers(X, name)
    if len(matrix.shape) != 2:
        raise ValueError(
            f"{name}: X has {len(matrix.shape)} dimension(s), expected 2: (n_samples, n_features). "
            "Reshape your data: X.reshape(-1, 1) for one feature, X.reshape(1, -1) for one sample"
        )
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if matrix.shape[axis] == 0:
            raise ValueError(
                f"{name}: X has 0 {what} (shape={matrix.shape}) while a minimum of 1 is required."
            )
    if n_features is not None and matrix.shape[1] != n_features:
        raise ValueError(
            f"X has {matrix.shape[1]} features, but {name} is expecting {n_features} features "
            "as input; compute them as for the training set"
        )
    if matrix.dtype.kind == "f":
        _check_values(matrix, name)
    return matrix


def _as_numbers(X: ArrayLike | RowMatrix, name: str) -> RowMatrix:
    """Return `X` as a matrix of real numbers; text and objects may hold some."""
    try:
        matrix = as_row_matrix(X)
        kind = matrix.dtype.kind
        if kind in "OSU":
            return np.asarray(matrix).astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        kind_of_error = TypeError if isinstance(error, TypeError) else ValueError
        raise kind_of_error(
            f"{name}: X contains values that are not numbers ({error}); expected an array of real "
            "numbers of shape (n_samples, n_features)"
        ) from error
    if kind == "c":
        raise ValueError(f"{name}: X is complex. Complex data not supported; pass real numbers")
    if kind not in "fiub":
        raise TypeError(f"{name}: X is of type {matrix.dtype}; expected an array of real numbers")
    return matrix


def check_labels(y: ArrayLike | None, n_samples: int, name: str) -> NDArray[Any]:
    """Return `y` as one label for each sample: integers, strings or any other discrete values.

    Raises
    ------
    ValueError
        If there is no `y`, its length is not `n_samples`, a label is missing, the labels are of
        several types, or numbers with decimals.
    """
    if y is None:
        raise ValueError(f"{name} requires y to be passed, but the target y is None; pass labels")
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ValueError(f"{name}: y is no array ({error}); expected one label a sample") from error
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
    if labels.dtype.kind in "OU":
        _check_one_type(y, name)
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

    Only ratios of weights count. Those returned are at most 1, and 0 where float32 would have them
    lose digits, so that no type of training is too narrow.

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
        If the number of weights is wrong, one is negative or not finite, or all are 0.
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
    ratios: Array = weights / weights.max()
    return np.where(ratios < np.finfo(np.float32).tiny, 0.0, ratios)


def check_groups(groups: ArrayLike | None, n_samples: int, name: str) -> NDArray[np.intp] | None:
    """Return the group number of each sample, (n_samples,), or None if all groups are singletons.

    Raises
    ------
    ValueError
        If the number of groups is wrong.
    """
    if groups is None:
        return None
    values = np.asarray(groups)
    if values.shape != (n_samples,):
        raise ValueError(
            f"{name}: groups.shape == {values.shape}, expected {(n_samples,)}, "
            "one group for each sample"
        )
    found, numbers = np.unique(values, return_inverse=True)
    return None if len(found) == n_samples else numbers


def _check_values(X: RowMatrix, name: str) -> None:
    """Raise unless all values are finite, and small enough for sums of their squares."""
    # A quarter of the exponents is left for the sums.
    limit = 2.0 ** (np.finfo(computing_dtype(X)).maxexp * 3 // 8)
    for part in row_blocks(len(X), X.shape[1], BLOCK_VALUES, BLOCK_ROWS):
        block = np.asarray(X[part])
        low, high = extremes(block)
        release_pages(X)
        if -limit < low <= high < limit:
            continue
        # NaN, infinite or too large.
        largest = np.abs(block).max(axis=1).astype(np.float64)  # NaN where there is one
        row = int(np.flatnonzero(~(largest < limit))[0])
        first, value = part.start + row, float(largest[row])
        if np.isfinite(value):
            raise ValueError(
                f"{name}: X contains values up to {value:.0e}, first in row {first}; expected less "
                f"than {limit:.0e}: scale the features, as by a StandardScaler"
            )
        raise ValueError(
            f"{name}: X contains {'NaN' if np.isnan(value) else 'infinity'}, first in row {first}; "
            "expected finite numbers: leave the row out or replace the value"
        )


def _check_one_type(y: ArrayLike, name: str) -> None:
    """Raise unless all labels are numbers, or all strings, or all of another single type."""
    values = y if isinstance(y, list | tuple) else np.asarray(y).ravel().tolist()
    kinds = {"number" if isinstance(v, int | float) else type(v).__name__ for v in values}
    if len(kinds) > 1:
        raise ValueError(
            f"{name}: y mixes labels of the types {', '.join(sorted(kinds))}; "
            "expected labels of one type"
        )
