"""Linear classifiers: a score per class, the inner product of the features and its weights.

`LinearClassifier.fit` is how a linear support vector machine is trained. The loop is one call away,
in `training.train`: mini-batch gradient descent along principal axes of the features.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import LARGEST, Array, Classifier, OnEpoch
from handcraft.classifiers.losses import LOSSES, l2
from handcraft.classifiers.numerics.rows import (
    HALF,
    RowMatrix,
    convert,
    rounded_to_half,
    without_loss,
)
from handcraft.classifiers.numerics.state import State, learned, parameter
from handcraft.classifiers.numerics.threads import row_products, single_threaded, tiles
from handcraft.classifiers.optim.minimise import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.fitting import Found, Tuned, learned_values, train_on_all, tune
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.classifiers.training.train import Hyperparameters, PenalisedLoss, Settings

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
class LinearClassifier(Classifier):
    """A classifier with scores X W + b, trained by gradient descent on whitened features.

    Hyperparameters left None are tuned by coordinate search: whitening, regularisation, learning
    rate, and the first two once more in smaller steps, by `selection_cost` on a stratified fifth of
    the rows (of a sample if they are many, on several fifths in turn if they are few; with fewer
    than 100 rows they are fixed ones).

    Parameters
    ----------
    learning_rate
        At the first step, for whitened features.
    reg
        Strength of the L2 penalty 1/2 reg ||W||^2 on the weights of the whitened features; biases
        are not penalised.
    whitening
        The eps of `PrincipalAxes.scales`. Small: all directions of the features are equalised.
        Large: in effect, the features are only centred.
    rule, schedule
        One of `RULES`, and one of `SCHEDULES`.
    epochs
        Passes over the data from the start of the schedule to its end; None: 10, and more on small
        sets, for 300 steps.
    batch_size
        Rows in a batch.
    class_weight
        A factor for each class, ``"balanced"`` for classes of equal total weight, or None.
    n_jobs
        Threads; None: one per usable core. The result does not depend on it.

    Attributes
    ----------
    coef_, intercept_
        The weights W' in the original (unwhitened) feature space, (n_classes, n_features), and the
        biases b, (n_classes,): scores are coef_ @ x + intercept_. Of features in float16 the
        weights are float16 numbers, and a model file holds these.
    best_params_ : dict
        ``loss``, ``learning_rate``, ``reg``, ``whitening`` and ``epochs``, chosen or given.
    search_ : list of dict
        What was tried, in order, with its validation accuracy, loss and cost.
    history_ : dict
        Learning curves: ``learning_rate`` and ``training_loss`` of each epoch, and
        ``validation_epoch``, ``validation_loss``, ``validation_accuracy`` and ``validation_cost``;
        of the training that was validated, or of that on all rows where there was no search.
    """

    learning_rate: float | None = parameter(None, kind=float, low=0, above=True)
    reg: float | None = parameter(None, kind=float, low=0)
    whitening: float | None = parameter(None, kind=float, low=0, above=True)
    rule: str = parameter(Settings.rule, choices=tuple(RULES))
    schedule: str = parameter(Settings.schedule, choices=tuple(SCHEDULES))
    epochs: int | None = parameter(None, kind=int, low=1)
    batch_size: int = parameter(Settings.batch_size, low=1)
    class_weight: Mapping[Any, float] | str | None = None
    n_jobs: int | None = parameter(None, kind=int, low=1)

    search_: list[dict[str, Any]] = learned(list)
    history_: dict[str, Any] = learned(dict)
    coef_: Array = learned(np.floating, "n_classes", "n_features_in_", low=-LARGEST, high=LARGEST)
    intercept_: Array = learned(np.floating, "n_classes", low=-LARGEST, high=LARGEST)

    @single_threaded()
    def fit(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_epoch: OnEpoch | None = None,
        tuned: Tuned | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Choose what is None, train on all rows, and return self.

        Parameters
        ----------
        X
            (n_samples, n_features), may be memory-mapped. Float32 is computed with as float32.
        y
            Labels, (n_samples,).
        sample_weight
            Weight of each sample, (n_samples,); a weight of 2 is equivalent to repeating it.
        on_epoch
            Called after each epoch, for a progress display.
        tuned
            The result of `tune` for the same X, y, weights and groups, which skips the tuning.
        groups
            Samples with equal values, such as copies of an image, are never on both sides of a
            validation split: (n_samples,). None: all are independent.

        Raises
        ------
        ValueError
            If the data or the parameters are invalid.
        FloatingPointError
            If training diverges with the given learning rate.
        """
        # Check and tune; train on all rows; fold back to weights of the features; store.
        tuned = tuned or self.tune(X, y, sample_weight, on_epoch, groups=groups)
        trained = train_on_all(tuned, on_epoch)
        W, b = trained.params[:-1], trained.params[-1]
        coef = np.ascontiguousarray(trained.weights_of_features(W).T)
        if trained.source.original.X.dtype == HALF:
            coef = rounded_to_half(coef)
        intercept = b - coef @ trained.mean
        return self._store(learned_values(tuned, trained), coef_=coef, intercept_=intercept)

    @single_threaded()
    def tune(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_epoch: OnEpoch | None = None,
        rows: SearchRows | None = None,
        groups: ArrayLike | None = None,
        found: Found | None = None,
    ) -> Tuned:
        """Choose what is None on validation parts, without training on all rows yet.

        Compare several classifiers, see `best_of`, and train the best one only::

            svm, softmax = LinearSVM(), Softmax()
            first = svm.tune(X, y)
            second = softmax.tune(X, y, rows=first.rows)
            if best_of([first.validation, second.validation]) == 1:
                softmax.fit(X, y, tuned=second)

        Parameters
        ----------
        X, y, sample_weight, on_epoch, groups
            As for `fit`.
        rows
            The rows of another classifier's `tune` for the same data and seed, to skip checking and
            whitening them again.
        found
            A classifier of the same kind, fitted on other rows of the same features, whose
            hyperparameters and validation are used without a search.
        """
        checked = None if rows is None else rows.original
        data = self._begin(X, y, sample_weight, self.class_weight, groups, checked)
        model = LinearScores(len(data.classes))
        return tune(model, data, self.settings, on_epoch, rows=rows, found=found)

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""

    def to_state(self) -> State:
        """Return plain data, with the weights in float16 where that is exact."""
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
        better; the first if there are too few rows to validate.

    The other parameters and the attributes are those of `LinearClassifier`.

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
            # features of CIFAR-10 the best penalty was 10, and 1 cost 4 percentage points
            # (`tests/benchmarks/sweep.py FOLDER svm reg 1 10`).
            reg_grid=(1e-1, 10.0),
            rate_grid=(0.01, 0.03, 0.1, 0.3),
        )
        return defaults.with_given(self)


@dataclass(kw_only=True, eq=False)
class Softmax(LinearClassifier):
    """Softmax regression, also called multinomial logistic regression.

    The parameters and the attributes are those of `LinearClassifier`.

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
        return Settings().with_given(self)
