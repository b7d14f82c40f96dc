"""Labels in a state: as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handcraft.classifiers.checks import check_labels


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
