"""Labels in a state: as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from handcraft.classifiers.checks import check_labels


def plain(value: Any, parameter: bool) -> Any:
    """Return a value for JSON: strings as a list, the mapping of a parameter as pairs."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiub":
        return value.tolist()
    if parameter and isinstance(value, Mapping):  # its keys are labels, which may be numbers
        return [[getattr(key, "item", lambda key=key: key)(), v] for key, v in value.items()]
    return value.item() if isinstance(value, np.generic) else value


def from_plain(value: Any) -> Any:
    """Return a parameter from the output of `plain`."""
    return dict(value) if isinstance(value, list) else value


def classes_of(values: Any) -> Any:
    """Return the labels of a state as an array.

    Raises
    ------
    ValueError
        If there are fewer than two, one is repeated, or they are not labels.
    """
    labels = check_labels(values, len(values), "classes_") if isinstance(values, list) else values
    if isinstance(labels, np.ndarray) and not 2 <= len(labels) == len(set(labels.tolist())):
        raise ValueError(f"classes_: {labels!r}; expected two or more different labels")
    return labels
