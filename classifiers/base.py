"""What all classifiers share: scikit-learn's estimator protocol, prediction by blocks, plain data.

Nothing here inherits from scikit-learn; its `clone`, `Pipeline`, `cross_val_score` and
`GridSearchCV` accept these classifiers because they answer the same calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.checks import check_features, check_labels
from handcraft.classifiers.numerics.compact import convert
from handcraft.classifiers.numerics.sklearn_protocol import classifier_tags, not_fitted_error

Array = NDArray[np.floating[Any]]

OnEpoch = Callable[[int, int], None]
"""(epochs done, epochs there may be)."""

State = dict[str, Any]
"""Plain data: numpy arrays, and what JSON can hold (str, int, float, bool, None, list, dict)."""

BLOCK_ROWS = 256
"""Rows scored in one go."""


@dataclass(kw_only=True, eq=False)
class Classifier(ABC):
    """Learns classes from labelled feature vectors.

    A concrete classifier is a dataclass. Its ordinary fields are parameters: the constructor
    stores them and does nothing else. What `fit` learns lives in fields that end in an underscore
    and are declared with `field(init=False)`.

    Parameters
    ----------
    seed
        The only source of randomness. The same seed gives the same bits.

    Attributes
    ----------
    classes_
        The labels, sorted: (n_classes,).
    n_features_in_
        The length of a feature vector.
    best_params_
        The hyperparameters that were chosen or given.
    validation_accuracy_
        Of what was chosen, in [0, 1]; None if nothing was chosen on a validation part.
    """

    name: ClassVar[str]
    """The word that selects this classifier on the command line and in a model file."""

    seed: int = 0

    classes_: NDArray[Any] = field(init=False, repr=False)
    n_features_in_: int = field(init=False, repr=False)
    best_params_: dict[str, Any] = field(init=False, repr=False)
    validation_accuracy_: float | None = field(init=False, repr=False)

    @abstractmethod
    def fit(self, X: ArrayLike, y: ArrayLike, *, on_epoch: OnEpoch | None = None) -> Self:
        """Learn from X (n_samples, n_features) and the labels y (n_samples,), and return self.

        X may be memory-mapped; it is read in blocks and never copied whole. `on_epoch` is called
        as the work goes on, for a progress display.
        """

    @abstractmethod
    def _scores(self, block: Array) -> Array:
        """Return a score for each class, the higher the likelier: (n_samples, n_classes).

        A row has the same bits whatever the others are.
        """

    @property
    @abstractmethod
    def _dtype(self) -> np.dtype[Any]:
        """The float type in which scores are computed."""

    def decision_function(self, X: ArrayLike) -> Array:
        """Return scores: (n_samples, n_classes), or (n_samples,) if there are two classes.

        With two classes it is the score of the second class less that of the first.
        """
        scores = self._all_scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the label with the highest score for each sample: (n_samples,)."""
        best = self._all_scores(X).argmax(axis=1)  # raises if not fitted
        predicted: NDArray[Any] = self.classes_[best]
        return predicted

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return the share of samples that are classified correctly, in [0, 1]."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` is part of the protocol and changes nothing."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.init}

    def set_params(self, **params: Any) -> Self:
        """Change some parameters and return self."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self!r}. "
                    f"Valid parameters are: {sorted(self.get_params())}."
                )
            setattr(self, name, value)
        return self

    def to_state(self) -> State:
        """Return the parameters and what was learned as plain data, `from_state`'s input."""
        self._check_fitted()
        return {"name": self.name} | {
            f.name: _plain(getattr(self, f.name)) for f in fields(self) if hasattr(self, f.name)
        }

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted classifier from `to_state`'s output."""
        learned = {key: value for key, value in state.items() if key.endswith("_")}
        parameters = {k: v for k, v in state.items() if k != "name" and k not in learned}
        classifier = cls(**parameters)
        for key, value in learned.items():
            setattr(classifier, key, value)
        classifier.classes_ = np.asarray(classifier.classes_)
        return classifier

    def __sklearn_tags__(self) -> Any:
        return classifier_tags()

    def _check_training_data(
        self, X: ArrayLike, y: ArrayLike | None
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """Return valid features, and the labels as indices into `classes_`, which is set here."""
        name = type(self).__name__
        features = check_features(X, name)
        labels = check_labels(y, len(features), name)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        self.n_features_in_ = features.shape[1]
        if len(self.classes_) < 2:
            raise ValueError(
                f"{name}: y has one class only, {self.classes_[0]!r}; expected two or more classes"
            )
        return features, indices

    def _check_fitted(self) -> None:
        if not hasattr(self, "classes_"):
            raise not_fitted_error(
                f"This {type(self).__name__} instance is not fitted yet; call fit first"
            )

    def _all_scores(self, X: ArrayLike) -> Array:
        """Return the scores of all rows: (n_samples, n_classes)."""
        self._check_fitted()
        rows = check_features(X, type(self).__name__, self.n_features_in_)
        scores = np.empty((len(rows), len(self.classes_)), self._dtype)
        for start in range(0, len(rows), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            scores[block] = self._scores(convert(rows[block], self._dtype))
        return scores


def _plain(value: Any) -> Any:
    """Return strings in an array as a list, which JSON can hold; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fiub":
        return value.tolist()
    return value
