"""Linear classifiers: a score per class, the inner product of the features and its weights.

`LinearSVM.fit` is `DescentClassifier.fit`: it checks the data, tunes what was not given, and trains
`LinearScores` on all rows by mini-batch gradient descent (`training.run.train`), along principal
axes of the features; `_fold_back` turns what it found into weights of the features themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import LARGEST, Array
from handcraft.classifiers.descent import DescentClassifier, Trained
from handcraft.classifiers.losses import LOSSES, l2
from handcraft.classifiers.numerics.rows import HALF, convert, rounded_to_half, without_loss
from handcraft.classifiers.numerics.state import State, learned, parameter
from handcraft.classifiers.numerics.threads import row_products, tiles
from handcraft.classifiers.training.run import PenalisedLoss
from handcraft.classifiers.training.settings import Hyperparameters, Settings

SVM_LOSSES = tuple(name for name in LOSSES if name != "softmax")


@dataclass(frozen=True)
class LinearScores:
    """The scores of projected rows, X (scale W) + b; see `ScoreModel`.

    The parameters W are (n_axes + 1, n_classes), with the biases b as the last row.
    """

    n_classes: int

    def start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return weights of 0."""
        return np.zeros((n_axes + 1, self.n_classes))

    def scores(self, params: Array, rows: Array, scale: Array) -> Array:
        """Return the scores: (n_rows, n_classes)."""
        W = scale * params
        scores: Array = rows @ W[:-1] + W[-1]
        return scores

    def loss_and_gradient(
        self, params: Array, loss: PenalisedLoss, rows: NDArray[Any], *targets: NDArray[Any]
    ) -> tuple[float, Array]:
        """Return the loss with the penalty 1/2 reg ||W||^2, biases aside, and its gradient."""
        W, blocks = loss.scale * params, tiles(rows.shape[1])
        # A block at a time, in float; to convert it twice is faster than to keep it.
        scores = sum((convert(rows[:, axes], W.dtype) @ W[axes] for axes in blocks), W[-1])
        data_loss, d_scores = loss.of_scores(scores, *targets)
        dW = np.empty_like(W)
        for axes in blocks:
            dW[axes] = (d_scores.T @ convert(rows[:, axes], W.dtype)).T
        dW[-1] = d_scores.sum(axis=0)
        dW *= loss.scale
        penalty, d_penalty = l2(params[:-1])
        dW[:-1] += loss.reg * d_penalty
        return data_loss + loss.reg * penalty, dW


@dataclass(kw_only=True, eq=False)
class LinearClassifier(DescentClassifier):
    """A classifier with scores X W + b.

    Attributes
    ----------
    coef_
        The weights W' in the original (unwhitened) feature space, (n_classes, n_features):
        score = coef_ @ x + intercept_. Of features in float16 they are float16 numbers, and a model
        file holds these.
    intercept_
        The biases b, (n_classes,).
    """

    coef_: Array = learned(np.floating, "n_classes", "n_features_in_", low=-LARGEST, high=LARGEST)
    intercept_: Array = learned(np.floating, "n_classes", low=-LARGEST, high=LARGEST)

    def to_state(self) -> State:
        """Return plain data; the weights in float16 where that loses nothing."""
        state = super().to_state()
        return state | {"coef_": without_loss(self.coef_)}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted classifier from `to_state`'s output; see `Classifier.from_state`."""
        classifier = super().from_state(state)
        classifier.coef_ = convert(classifier.coef_, classifier.intercept_.dtype)
        return classifier

    def linear_at(self, row: Array) -> tuple[Array, Array]:
        """Return the weights and biases, which are the same for every row."""
        self._check_fitted()
        return self.coef_.astype(np.float64), self.intercept_.astype(np.float64)

    def _model(self, n_classes: int) -> LinearScores:
        return LinearScores(n_classes)

    def _fold_back(self, trained: Trained) -> dict[str, Array]:
        W, b = trained.params[:-1], trained.params[-1]
        coef = np.ascontiguousarray(trained.weights_of_features(W).T)
        if trained.source.original.X.dtype == HALF:
            coef = rounded_to_half(coef)
        return {"coef_": coef, "intercept_": b - coef @ trained.mean}

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.coef_.dtype

    def _scores(self, block: Array) -> Array:
        return row_products(block, self.coef_.T) + self.intercept_


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

    The other parameters and the attributes are those of `DescentClassifier` and
    `LinearClassifier`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> X = rng.normal(size=(90, 3)) + 4 * np.eye(3)[y]
    >>> LinearSVM(loss="hinge").fit(X, y).score(X, y) > 0.95
    True
    """

    loss: str | None = parameter(None, kind=str, choices=SVM_LOSSES)

    name: ClassVar[str] = "svm"
    CHOICE: ClassVar[tuple[str, ...]] = ("hinge", "one_vs_rest_squared_hinge")

    @property
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""
        losses = self.CHOICE if self.loss is None else (self.loss,)
        defaults = Settings(
            losses=losses,
            start=Hyperparameters(losses[0], whitening=10.0, reg=1e-1, rate=0.03),
            # One-vs-rest losses add up over the classes and curve more than softmax: on 27,855
            # features of CIFAR-10 the best penalty was 10, and 1 cost 4 percentage points.
            reg_grid=(1e-1, 10.0),
            rate_grid=(0.01, 0.03, 0.1, 0.3),
        )
        return self._settings_from(defaults)


@dataclass(kw_only=True, eq=False)
class Softmax(LinearClassifier):
    """Softmax regression, also called multinomial logistic regression.

    The parameters and the attributes are those of `DescentClassifier` and `LinearClassifier`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(90) % 3
    >>> X = rng.normal(size=(90, 3)) + 4 * np.eye(3)[y]
    >>> Softmax().fit(X, y).predict_proba(X[:2]).sum(axis=1).round(6)
    array([1., 1.])
    """

    name: ClassVar[str] = "softmax"

    @property
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""
        return self._settings_from(Settings())
