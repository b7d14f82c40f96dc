"""Classifiers trained by gradient descent on whitened rows: tune, then train on all rows."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from numpy.typing import ArrayLike

from handcraft.classifiers.base import Array, Classifier, OnEpoch
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.state import learned, parameter
from handcraft.classifiers.numerics.threads import single_threaded, usable_cores
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.principal_axes import WhitenedRows
from handcraft.classifiers.training.run import EpochCount, ScoreModel, learning_rate, train
from handcraft.classifiers.training.search_rows import SearchRows, search_rows
from handcraft.classifiers.training.settings import Hyperparameters, Settings
from handcraft.classifiers.training.tuning import Found, Tuned, tune, tune_as
from handcraft.classifiers.validation import if_known, validation_fields, validation_of


@dataclass(frozen=True)
class Trained:
    """The result of training on all rows.

    Attributes
    ----------
    params
        Of the model, for rows along `rows.axes`.
    history
        Learning curves of the training that was validated, if any was: of the search's best trial,
        or, where a sample was searched, of training once more without its validation part.
    validated
        The loss, accuracy, cost and temperature of that; empty if none was.
    """

    params: Array
    rows: WhitenedRows
    hyperparameters: Hyperparameters
    learning_rate: float
    history: History
    validated: dict[str, float]
    source: SearchRows

    @property
    def mean(self) -> Array:
        """The mean of the features, (n_features,)."""
        return self.rows.axes.mean if self.source.space is None else self.source.space.mean

    def weights_of_features(self, W: Array) -> Array:
        """Return the weights of the features, (n_features, n), for those of whitened rows."""
        weights: Array = self.rows.scale(self.hyperparameters.whitening)[:-1] * W
        weights = self.rows.axes.weights_of_features(weights)
        space = self.source.space
        return weights if space is None else space.weights_of_features(weights)


@dataclass(kw_only=True, eq=False)
class DescentClassifier(Classifier):
    """A classifier whose weights are found by gradient descent on whitened features.

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
        The eps of `PrincipalAxes.scales`. Small: all directions of the features count alike. Large:
        the features are only centred, in effect.
    rule
        One of `RULES`.
    schedule
        One of `SCHEDULES`.
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
            How much each sample counts, (n_samples,); a weight of 2 is the sample twice.
        on_epoch
            Called after each epoch, for a progress display.
        tuned
            What `tune` returned for the same X, y, weights and groups: it is then not done again.
        groups
            Samples of the same value, such as copies of an image, are never on both sides of a
            validation split: (n_samples,). None: each may go alone.

        Raises
        ------
        ValueError
            If the data or the parameters are not valid.
        FloatingPointError
            If training diverges with the learning rate given.
        """
        # Check, whiten, choose; then the loop over mini-batches; then back to original features.
        tuned = tuned or self.tune(X, y, sample_weight, on_epoch, groups=groups)
        trained = train_on_all(tuned, on_epoch)
        return self._store(learned_values(tuned, trained), **self._fold_back(trained))

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
            Those of what another classifier's `tune` returned for the same data and seed: they need
            not be checked and whitened again.
        found
            A classifier of the same kind, fitted on other rows of the same features: what it chose
            is taken over, with its validation, and nothing is searched.
        """
        if rows is not None:  # of data that are checked, which takes a pass over them
            self._forget()
        else:
            data = self._begin(X, y, sample_weight, self.class_weight, groups)
            if found is not None:
                return tune_as(self._model(len(data.classes)), data, self.settings, found)
            rows = search_rows(data, self.settings)
        return tune(self._model(len(rows.data.classes)), rows, self.settings, on_epoch)

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """How it is trained: what was given, and the defaults of the rest."""

    def _settings_from(self, defaults: Settings) -> Settings:
        """Return how to train, with what was given in place of the defaults."""
        names = {f.name for f in fields(DescentClassifier) if f.init} - {"class_weight"}
        return replace(defaults, **{name: getattr(self, name) for name in names})

    @abstractmethod
    def _model(self, n_classes: int) -> ScoreModel:
        """Return what is trained."""

    @abstractmethod
    def _fold_back(self, trained: Trained) -> dict[str, Array]:
        """Return the weights in the original (unwhitened) feature space, by field."""


def train_on_all(tuned: Tuned, on_epoch: OnEpoch | None = None) -> Trained:
    """Train on all rows as it was validated, to the end of the same schedule.

    Where a sample was searched, that is validated by training twice, side by side: on all rows, and
    on all but the validation part.

    Raises
    ------
    FloatingPointError
        If training diverges with the learning rate given, or with the chosen one and lower ones.
    """
    settings, data, chosen = tuned.settings, tuned.rows.data, tuned.chosen
    rows = tuned.rows.whole or WhitenedRows.learn(data, data.rows, settings.n_jobs)
    for attempt in range(tuned.retries + 1):
        chosen = replace(chosen, rate=tuned.chosen.rate / 3**attempt)
        params, histories = _train(tuned, rows, chosen, on_epoch)
        rate = learning_rate(rows, chosen, settings)
        if not any(history.diverged for history in histories):
            history, validated = tuned.best.history or histories[0], tuned.best.validated
            if len(histories) > 1:  # of training on all rows but the validation part
                history, validated = histories[1], histories[1].validation[-1]
            return Trained(params, rows, chosen, rate, history, validated, tuned.rows)
    advice = (
        "give a lower one, or None to have it chosen"
        if tuned.retries == 0
        else f"the last of {tuned.retries + 1} that were tried; standardise the features"
    )
    raise FloatingPointError(f"training diverged with learning_rate={rate:g}; {advice}")


def _train(
    tuned: Tuned, rows: WhitenedRows, chosen: Hyperparameters, on_epoch: OnEpoch | None
) -> tuple[Array, list[History]]:
    """Return the parameters from all rows, and what happened in each training."""
    jobs: list[tuple[WhitenedRows, WhitenedRows | None]] = [(rows, None)]
    if tuned.rows.rest is not None:
        jobs.append((tuned.rows.rest, tuned.rows.splits[0][1]))
    total = tuned.search_epochs + tuned.rows.n_final_runs * tuned.epochs
    count = EpochCount(on_epoch, total, tuned.search_epochs)
    with ThreadPoolExecutor(usable_cores(tuned.settings.n_jobs)) as pool:
        runs = [
            pool.submit(
                train,
                tuned.model,
                training,
                chosen,
                tuned.settings,
                epochs=tuned.epochs,
                validation=validation,
                validations=tuned.settings.validations,
                on_epoch=count.one,
            )
            for training, validation in jobs
        ]
    results = [run.result() for run in runs]
    return results[0][0], [history for _, history in results]


def learned_values(tuned: Tuned, trained: Trained) -> dict[str, Any]:
    """Return what a classifier keeps of how it was trained, by the names of its fields."""
    data, validated = tuned.rows.data, trained.validated
    calibration = validated or tuned.calibration
    return {
        "classes_": data.classes,
        "n_features_in_": tuned.rows.original.X.shape[1],
        "best_params_": {
            "loss": trained.hyperparameters.loss,
            "learning_rate": trained.learning_rate,
            "reg": trained.hyperparameters.reg,
            "whitening": trained.hyperparameters.whitening,
            "epochs": tuned.epochs,
        },
        **validation_fields(validation_of(validated)),
        "temperature_": calibration.get("temperature", 1.0),
        "least_familiar_": if_known(calibration.get("least_familiar", -math.inf)),
        "search_": tuned.records,
        "history_": trained.history.as_curves(),
    }
