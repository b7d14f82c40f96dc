"""Linear classifiers: a score per class, the inner product of the features and its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import Array, State
from handcraft.classifiers.checks import check_choice, check_features, check_labels
from handcraft.classifiers.losses import LOSSES, l2, linear_loss
from handcraft.classifiers.numerics.compact import (
    BYTE,
    computing_dtype,
    convert,
    rounded_to_half,
    without_loss,
)
from handcraft.classifiers.numerics.row_products import row_products
from handcraft.classifiers.optim.minimise import Objective
from handcraft.classifiers.optim.streaming import Stream
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.coordinate_search import Setting
from handcraft.classifiers.training.tuned import GradientTrained
from handcraft.classifiers.training.whitened_rows import WhitenedSet

SVM_LOSSES = tuple(name for name in LOSSES if name != "softmax")

STREAM_RATE = 0.1
"""Learning rate of `partial_fit`, as a share of `Stream.safe_rate`, where none is given."""


@dataclass(kw_only=True, eq=False)
class LinearClassifier(GradientTrained):
    """A classifier with scores X W + b.

    Attributes
    ----------
    coef_
        The weights W' of the features as they come, (n_classes, n_features). Whitening happens in
        training and is folded back into them: score = coef_ @ x + intercept_. Of features in
        float16 they are rounded to float16 numbers, and a model file holds these.
    intercept_
        The biases b, (n_classes,).
    """

    coef_: Array = field(init=False, repr=False)
    intercept_: Array = field(init=False, repr=False)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Go on learning from some more rows, in one pass, and return self.

        Whitening would need many rows at once. Here each feature is only centred and scaled to
        unit spread, as measured on the first rows that come in; these should be a fair sample.
        The learning rate is constant.

        Parameters
        ----------
        X, y
            Rows (n_samples, n_features) and their labels.
        classes
            All labels there will be; needed if nothing was learned before.
        """
        self._check_parameters()
        rows, labels = self._check_streamed(X, y, classes)
        if not hasattr(self, "_stream"):
            self._stream = Stream.start(rows, self.coef_, self.intercept_, RULES[self.rule]())
        rate = self.learning_rate or STREAM_RATE * self._stream.safe_rate
        reg = self.FALLBACK["reg"] if self.reg is None else self.reg
        self._stream.learn(rows, labels, self._data_loss, rate, reg, self.batch_size)
        self.coef_, self.intercept_ = self._stream.plain_weights()
        return self

    def to_state(self) -> State:
        """Return plain data; the weights in float16 where that loses nothing."""
        state = super().to_state()
        return state | {"coef_": without_loss(self.coef_)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted classifier from `to_state`'s output."""
        coef = state["coef_"]
        dtype = state["intercept_"].dtype
        return super().from_state(state | {"coef_": coef.astype(dtype)})

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.coef_.dtype

    def _scores(self, block: Array) -> Array:
        return row_products(block, self.coef_.T) + self.intercept_

    def _start(self, n_axes: int, rng: np.random.Generator) -> Array:
        return np.zeros((n_axes + 1, len(self.classes_)))

    def _objective(self, scale: Array, reg: float) -> Objective:
        def objective(
            W: Array, rows: Array, labels: NDArray[np.intp], weights: Array | None = None
        ) -> tuple[float, Array]:
            """Return the loss of whitened rows, with the penalty, and its gradient."""
            rows = convert(rows, W.dtype)
            loss, dW = linear_loss(self._data_loss, scale * W, rows, labels, 0.0, weights=weights)
            penalty, d_penalty = l2(W[:-1])
            dW *= scale
            dW[:-1] += reg * d_penalty
            return loss + reg * penalty, dW

        return objective

    def _raw_scores(self, params: Array, rows: Array, scale: Array) -> Array:
        W = scale * params
        scores: Array = rows @ W[:-1] + W[-1]
        return scores

    def _keep(self, params: Array, whole: WhitenedSet, eps: float) -> None:
        W = whole.scale(eps) * params
        coef = np.ascontiguousarray(whole.whitening.unrotate(W[:-1]).T)
        self.coef_ = rounded_to_half(coef) if whole.rows.dtype == BYTE else coef
        self.intercept_ = W[-1] - self.coef_ @ whole.whitening.mean
        self.__dict__.pop("_stream", None)

    def _check_streamed(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None
    ) -> tuple[Array, NDArray[np.intp]]:
        """Return valid rows and label indices; start from zero weights if there are none yet."""
        name = type(self).__name__
        known = getattr(self, "n_features_in_", None)
        features = check_features(X, name, known)
        labels = check_labels(y, len(features), name)
        if known is None:
            if classes is None:
                raise ValueError(f"{name}: classes must be passed on the first call to partial_fit")
            self.classes_ = np.unique(np.asarray(classes))
            self.n_features_in_ = features.shape[1]
            shape = (len(self.classes_), self.n_features_in_)
            self.coef_ = np.zeros(shape, computing_dtype(features))
            self.intercept_ = np.zeros(len(self.classes_), self._dtype)
        unknown = np.setdiff1d(labels, self.classes_)
        if len(unknown):
            raise ValueError(
                f"{name}: y contains {unknown.tolist()}, expected only {self.classes_.tolist()}"
            )
        return features.astype(self._dtype), np.searchsorted(self.classes_, labels)


@dataclass(kw_only=True, eq=False)
class LinearSVM(LinearClassifier):
    """A linear support vector machine, for any number of classes at once.

    Parameters
    ----------
    loss
        ``"hinge"``, the multiclass hinge of Weston and Watkins; or ``"squared_hinge"``,
        ``"one_vs_rest_hinge"``, ``"one_vs_rest_squared_hinge"`` (the loss of scikit-learn's
        ``LinearSVC``). See `losses` for the formulas. None: the one of `CHOICE` that validates
        better; the first where there are too few rows to tell.

    The other parameters and the attributes are those of `GradientTrained` and `LinearClassifier`;
    the loss is also among ``best_params_``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(300) % 3
    >>> X = rng.normal(size=(300, 2)) + 4 * np.eye(3, 2)[y]
    >>> LinearSVM(loss="hinge").fit(X, y).score(X, y) > 0.95
    True
    """

    loss: str | None = None

    name: ClassVar[str] = "svm"
    CHOICE: ClassVar[tuple[str, ...]] = ("hinge", "one_vs_rest_squared_hinge")
    FALLBACK: ClassVar[Setting] = {"whitening": 10.0, "reg": 1e-1, "rate": 0.03}

    @property
    def _losses(self) -> Sequence[str]:
        return self.CHOICE if self.loss is None else (self.loss,)

    def _keep(self, params: Array, whole: WhitenedSet, eps: float) -> None:
        super()._keep(params, whole, eps)
        self.best_params_["loss"] = self.loss_

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.loss is not None:
            check_choice("loss", self.loss, SVM_LOSSES, "LinearSVM")


@dataclass(kw_only=True, eq=False)
class Softmax(LinearClassifier):
    """Softmax regression, also called multinomial logistic regression.

    The parameters and the attributes are those of `GradientTrained` and `LinearClassifier`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(300) % 3
    >>> X = rng.normal(size=(300, 2)) + 4 * np.eye(3, 2)[y]
    >>> Softmax().fit(X, y).predict_proba(X[:2]).sum(axis=1).round(6)
    array([1., 1.])
    """

    name: ClassVar[str] = "softmax"

    @property
    def _losses(self) -> Sequence[str]:
        return ("softmax",)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probability of each class: (n_samples, n_classes), rows add up to 1."""
        scores = self._all_scores(X)
        scores -= scores.max(axis=1, keepdims=True)
        probabilities: Array = np.exp(scores)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities
