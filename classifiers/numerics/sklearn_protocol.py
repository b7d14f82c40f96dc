"""scikit-learn's estimator protocol: get_params, set_params, tags, exceptions.

This is the one file in this package that imports scikit-learn, and only when needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray


def parameters(estimator: Any, nested: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the parameters of a dataclass by name, and those of nested estimators.

    Parameters
    ----------
    nested
        Estimators by the prefix of their parameters: ``hog`` gives ``hog__orientations``.
    """
    found = {f.name: getattr(estimator, f.name) for f in fields(estimator) if f.init}
    for prefix, inner in (nested or {}).items():
        found |= {f"{prefix}__{name}": value for name, value in inner.get_params().items()}
    return found


def set_parameters(
    estimator: Any, values: Mapping[str, Any], nested: Mapping[str, Any] | None = None
) -> None:
    """Set parameters, named as by `parameters`.

    Raises
    ------
    ValueError
        If there is no such parameter.
    """
    known = parameters(estimator, nested)
    for name, value in values.items():
        if name not in known:
            raise ValueError(
                f"Invalid parameter {name!r} for estimator {estimator!r}. "
                f"Valid parameters are: {sorted(known)}."
            )
        prefix, separator, rest = name.partition("__")
        if separator and nested:
            nested[prefix].set_params(**{rest: value})
        else:
            setattr(estimator, name, value)


def class_scores(scores: NDArray[Any]) -> NDArray[Any]:
    """Return the output of `decision_function` with one column per class: (n_samples, n_classes).

    For two classes it has a single value, the score of the second class minus that of the first;
    this is split evenly between the two.
    """
    return np.column_stack([-scores / 2, scores / 2]) if scores.ndim == 1 else scores


def classifier_tags() -> Any:
    """Return the tags of a classifier for dense arrays of finite numbers."""
    from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

    return Tags(
        estimator_type="classifier",
        target_tags=TargetTags(required=True),
        classifier_tags=ClassifierTags(),
        input_tags=InputTags(),
    )


def not_fitted_error(message: str) -> Exception:
    """Return the exception of an estimator that is asked to predict before it is fitted."""
    from sklearn.exceptions import NotFittedError

    error: Exception = NotFittedError(message)
    return error


def data_conversion_warning() -> type[Warning]:
    """Return the category of the warning that labels in a column were flattened."""
    from sklearn.exceptions import DataConversionWarning

    category: type[Warning] = DataConversionWarning
    return category


def transformer_tags() -> Any:
    """Return the tags of a transformer of lists of images."""
    from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

    return Tags(
        estimator_type="transformer",
        target_tags=TargetTags(required=False),
        transformer_tags=TransformerTags(preserves_dtype=[]),
        input_tags=InputTags(two_d_array=False, three_d_array=True),
    )
