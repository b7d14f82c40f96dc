"""Shared by all classifiers: scikit-learn's estimator protocol, prediction in blocks, plain data.

Nothing here inherits from scikit-learn; its `clone`, `Pipeline`, `cross_val_score` and
`GridSearchCV` accept these classifiers because they answer the same calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.checks import check_features, check_labels, check_training_data
from handcraft.classifiers.labels import classes_of, from_plain, plain
from handcraft.classifiers.losses import softmax
from handcraft.classifiers.numerics.rows import RowMatrix, TrainingData, convert
from handcraft.classifiers.numerics.sklearn_protocol import (
    classifier_tags,
    not_fitted_error,
    parameters,
    set_parameters,
)
from handcraft.classifiers.numerics.state import (
    State,
    check_parameters,
    forget,
    is_complete,
    learned,
    parameter,
    set_learned,
    split_state,
)
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.classifiers.validation import VALIDATION_FIELDS, Validation
from handcraft.data.errors import RequestError

Array = NDArray[np.floating[Any]]

OnEpoch = Callable[[int, int], None]
"""(epochs done, the most epochs)."""

BLOCK_ROWS = 256
"""Rows scored at a time."""

LARGEST = 1e12
"""Bound of weights in a model file: with a hundred thousand features up to 10,000, the output of
two layers stays below the largest float32, 3e38."""


@dataclass(kw_only=True, eq=False)
class Classifier(ABC):
    """Learns classes from labelled feature vectors.

    A concrete classifier is a dataclass. Its ordinary fields are parameters: the constructor
    stores them and does nothing else. What `fit` learns lives in fields that end in an underscore
    and are declared with `state.learned`.

    Parameters
    ----------
    seed
        The only source of randomness. The same seed gives the same bits, with any number of
        threads.

    Attributes
    ----------
    classes_
        The labels, sorted: (n_classes,).
    n_features_in_
        The length of a feature vector.
    best_params_
        The hyperparameters that were chosen or given.
    validation_accuracy_
        Validation accuracy of the chosen hyperparameters, in [0, 1]: the best of all trials, and
        thus somewhat optimistic. If a sample was searched, it is that of training on all rows but
        the validation part. None if nothing was chosen.
    validation_cost_
        The selection cost, the lower the better: see `selection_cost`. None if nothing was chosen.
    validation_rows_
        Rows in a validation part, for comparing costs; see `best_of`. None if there was none.
    temperature_
        Probabilities are softmax(scores / temperature_); see `best_temperature`. From the
        validation parts, or from folds if the rows are too few to choose on; 1 if there were none,
        as there was nothing to choose; then probabilities are not calibrated.
    least_familiar_
        Novelty threshold: nearly all samples like the training samples reach this familiarity, see
        `familiarity`; from the same parts. None if there were none, or too few.
    """

    name: ClassVar[str]
    """The name of this classifier on the command line and in a model file."""

    score_version: ClassVar[int] = 1
    """Increased when the same learned parameters give other scores than before."""

    seed: int = parameter(0, low=0, high=2**32 - 1)

    classes_: NDArray[Any] = learned(np.generic, "n_classes")
    n_features_in_: int = learned(int, low=1)
    best_params_: dict[str, Any] = learned(dict)
    validation_accuracy_: float | None = learned(float, low=0, high=1, optional=True)
    validation_cost_: float | None = learned(float, optional=True)
    validation_rows_: int | None = learned(int, low=1, optional=True)
    temperature_: float = learned(float, low=1e-30, high=1e30)  # float32 holds scores / it
    least_familiar_: float | None = learned(float, low=-1e38, high=1e38, optional=True)

    @abstractmethod
    def fit(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        *,
        on_epoch: OnEpoch | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Learn from X (n_samples, n_features) and the labels y (n_samples,), and return self.

        X may be memory-mapped; it is read in blocks and never copied whole. `on_epoch` is called
        during the work, for a progress display. Samples with equal values in `groups`
        (n_samples,), such as copies of an image, are never on both sides of a validation split.
        """

    @abstractmethod
    def _scores(self, block: Array) -> Array:
        """Return a score for each class, higher for more likely ones: (n_samples, n_classes).

        The scores of a row do not depend on the other rows, not even in rounding.
        """

    @property
    @abstractmethod
    def _dtype(self) -> np.dtype[Any]:
        """The float type in which scores are computed."""

    @property
    def validation(self) -> Validation | None:
        """Validation of the chosen hyperparameters; None if nothing was chosen."""
        accuracy, cost, n_rows = (getattr(self, name, None) for name in VALIDATION_FIELDS)
        if accuracy is None or cost is None or n_rows is None:
            return None
        return Validation(accuracy, cost, n_rows)

    def decision_function(self, X: ArrayLike | RowMatrix) -> Array:
        """Return scores: (n_samples, n_classes), or (n_samples,) if there are two classes.

        With two classes it is the score of the second class minus that of the first.
        """
        scores = self._all_scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict(self, X: ArrayLike | RowMatrix) -> NDArray[Any]:
        """Return the label with the highest score for each sample: (n_samples,)."""
        best = self._all_scores(X).argmax(axis=1)  # raises if not fitted
        predicted: NDArray[Any] = self.classes_[best]
        return predicted

    def predict_proba(self, X: ArrayLike | RowMatrix) -> Array:
        """Return the probability of each class: (n_samples, n_classes), rows add up to 1."""
        return self.probabilities(self._all_scores(X))

    def probabilities(self, scores: Array) -> Array:
        """Return the probabilities of scores: (n_samples, n_classes).

        Parameters
        ----------
        scores
            (n_samples, n_classes), or (n_samples,) of two classes; see `decision_function`.
        """
        self._check_fitted()
        if scores.ndim == 1:
            scores = np.column_stack([np.zeros_like(scores), scores])
        return softmax(scores / self.temperature_)

    def linear_at(self, row: Array) -> tuple[Array, Array]:
        """Return weights and biases that give the scores of a row: weights @ row + biases.

        Parameters
        ----------
        row
            (n_features,).

        Returns
        -------
        weights, biases
            float64 (n_classes, n_features) and (n_classes,); of a classifier that is not linear
            they hold for this row only. Of two classes it is the difference that counts, see
            `decision_function`.

        Raises
        ------
        RequestError
            If the scores are not sums over the values of a row.
        """
        raise RequestError(
            f"{self.name} has no weights: its scores are not sums over the values of a row; train "
            "a linear classifier, such as svm"
        )

    def score(self, X: ArrayLike | RowMatrix, y: ArrayLike) -> float:
        """Return the share of samples that are classified correctly, in [0, 1].

        Raises
        ------
        ValueError
            If the labels are of another type than in training, so that none could be equal.
        """
        predicted = self.predict(X)
        labels = check_labels(y, len(predicted), type(self).__name__)
        if (labels.dtype.kind in "fiub") != (predicted.dtype.kind in "fiub"):
            raise ValueError(
                f"{type(self).__name__}: y holds labels like {labels[0]!r}, the classes learned "
                f"are like {self.classes_[0]!r}; pass labels of the same type"
            )
        return float(np.mean(predicted == labels))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` is part of the protocol and changes nothing."""
        return parameters(self)

    def set_params(self, **params: Any) -> Self:
        """Change some parameters and return self."""
        set_parameters(self, params)
        return self

    def to_state(self) -> State:
        """Return parameters and learned attributes as plain data, the input of `from_state`.

        The number of threads is not included, as it depends on the machine.
        """
        self._check_fitted()
        kept = [f for f in fields(self) if f.name != "n_jobs" and hasattr(self, f.name)]
        values = {f.name: plain(getattr(self, f.name), parameter=f.init) for f in kept}
        return {"kind": self.name, "score_version": self.score_version} | values

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted classifier from `to_state`'s output.

        Raises
        ------
        ValueError
            If the state is of another kind or version, or anything in it is missing, unknown, of
            another type or shape, not finite, or impossible.
        """
        names = [f.name for f in fields(cls) if f.init and f.name != "n_jobs"]
        held, learned = split_state(state, cls.name, "score_version", cls.score_version, names)
        classifier = cls(**{name: from_plain(value) for name, value in held.items()})
        classifier._check_parameters()
        if "classes_" in learned:
            learned["classes_"] = classes_of(learned["classes_"])
        set_learned(classifier, learned)
        return classifier

    def __sklearn_tags__(self) -> Any:
        return classifier_tags()

    def __sklearn_is_fitted__(self) -> bool:
        return is_complete(self)

    def _check_parameters(self) -> None:
        """Raise ValueError unless every parameter has a valid value."""
        check_parameters(self)

    def _begin(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        class_weight: Mapping[Any, float] | str | None = None,
        groups: ArrayLike | None = None,
        checked: TrainingData | None = None,
    ) -> TrainingData:
        """Reset learned attributes, check the parameters, and return checked data.

        Data already `checked` are not checked again, which would take a pass over all rows.
        """
        forget(self)
        self._check_parameters()
        if checked is not None:
            return checked
        name = type(self).__name__
        return check_training_data(X, y, name, sample_weight, class_weight, groups)

    def _store(self, values: Mapping[str, Any], **more: Any) -> Self:
        """Store learned attributes, and return self."""
        vars(self).update(values, **more)
        return self

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise not_fitted_error(
                f"This {type(self).__name__} instance is not fitted yet; call fit first"
            )

    def _all_scores(self, X: ArrayLike | RowMatrix) -> Array:
        """Return the scores of all rows: (n_samples, n_classes)."""
        self._check_fitted()
        rows = check_features(X, type(self).__name__, self.n_features_in_)
        with single_threaded():
            blocks = (rows[i : i + BLOCK_ROWS] for i in range(0, len(rows), BLOCK_ROWS))
            scores = [self._scores(convert(np.asarray(block), self._dtype)) for block in blocks]
        return np.concatenate(scores)
