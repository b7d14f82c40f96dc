"""Labels: checked when they are given, and as plain data in a state."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.numerics.sklearn_protocol import data_conversion_warning


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


def _check_one_type(y: ArrayLike, name: str) -> None:
    """Raise unless all labels are numbers, or all strings, or all of another single type."""
    values = y if isinstance(y, list | tuple) else np.asarray(y).ravel().tolist()
    kinds = {"number" if isinstance(v, int | float) else type(v).__name__ for v in values}
    if len(kinds) > 1:
        raise ValueError(
            f"{name}: y mixes labels of the types {', '.join(sorted(kinds))}; "
            "expected labels of one type"
        )


def plain(value: Any, parameter: bool) -> Any:
    """Return a value as JSON can hold it: strings in a list, a parameter's mapping as pairs."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiub":
        return value.tolist()
    if parameter and isinstance(value, Mapping):  # its keys are labels, which may be numbers
        return [[getattr(key, "item", lambda key=key: key)(), v] for key, v in value.items()]
    return value.item() if isinstance(value, np.generic) else value


def from_plain(value: Any) -> Any:
    """Return a parameter as `plain` found it."""
    return dict(value) if isinstance(value, list) else value


def classes_of(values: Any) -> Any:
    """Return the labels of a state as an array.

    Raises
    ------
    ValueError
        If there are fewer than two, one comes twice, or they are no labels.
    """
    labels = check_labels(values, len(values), "classes_") if isinstance(values, list) else values
    if isinstance(labels, np.ndarray) and not 2 <= len(labels) == len(set(labels.tolist())):
        raise ValueError(f"classes_: {labels!r}; expected two or more different labels")
    return labels
