"""scikit-learn's own classes that its estimator protocol asks for, imported only when needed.

This is the one file in this package that imports scikit-learn.
"""

from __future__ import annotations

from typing import Any


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
