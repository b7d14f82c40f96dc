"""The two halves of every `fit`: hyperparameters are tuned, then all rows are trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from handcraft.classifiers.base import Array, OnEpoch
from handcraft.classifiers.numerics.rows import TrainingData
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.principal_axes import WhitenedRows
from handcraft.classifiers.training.search import (
    EpochCount,
    Trial,
    calibrate,
    epochs_to_search,
    search,
)
from handcraft.classifiers.training.search_rows import SearchRows, search_rows, whole_rows
from handcraft.classifiers.training.train import (
    Hyperparameters,
    ScoreModel,
    Settings,
    learning_rate,
    train,
)
from handcraft.classifiers.validation import Validation, if_known, validation_fields, validation_of


@dataclass(frozen=True)
class Tuned:
    """What was chosen, and all that training on all rows needs.

    Attributes
    ----------
    best
        The trial that was chosen, as it was validated; with nothing to choose, the given values.
    chosen
        Its hyperparameters, rescaled from the subsample to all rows where it was one.
    epochs
        Passes over all rows: the length of the schedule.
    records
        Every trial, in order, as plain data.
    search_epochs
        How many epochs the search took at most, for the progress of what follows.
    retries
        How often training may start again at a third of its rate, where it diverges.
    calibration
        ``temperature`` and ``least_familiar`` where nothing was chosen; empty if not known.
    """

    model: ScoreModel
    settings: Settings
    rows: SearchRows
    best: Trial
    chosen: Hyperparameters
    epochs: int
    records: list[dict[str, Any]] = field(default_factory=list)
    search_epochs: int = 0
    retries: int = 0
    calibration: Mapping[str, float] = field(default_factory=dict)

    @property
    def validation(self) -> Validation | None:
        """How what was chosen did on the validation rows; None if nothing was."""
        return validation_of(self.best.validated)


class Found(Protocol):
    """What a fitted classifier keeps of its search; see `LinearClassifier`."""

    best_params_: dict[str, Any]
    temperature_: float
    least_familiar_: float | None
    search_: list[dict[str, Any]]
    history_: dict[str, Any]

    @property
    def validation(self) -> Validation | None:
        """How it did on the validation rows; None if nothing was chosen on any."""


def tune(
    model: ScoreModel,
    data: TrainingData,
    settings: Settings,
    on_epoch: OnEpoch | None = None,
    *,
    rows: SearchRows | None = None,
    found: Found | None = None,
) -> Tuned:
    """Choose what is not given on validation parts, and validate and calibrate what is.

    Parameters
    ----------
    rows
        Those of what was tuned before on the same data, with the same seed; None: parts are set
        aside, and whitened, now.
    found
        What was found on other rows of the same features is taken over, and nothing is searched.

    Raises
    ------
    FloatingPointError
        If training diverges whatever is tried.
    """
    if found is not None:
        return _taken_over(model, data, settings, found)
    rows = rows or search_rows(data, settings)
    tuned = _as_given(model, rows, settings)
    if not (rows.splits and rows.enough):
        calibration = calibrate(model, rows, settings, tuned.chosen, tuned.epochs)
        return replace(tuned, calibration=calibration)
    total = epochs_to_search(settings, tuned.epochs) * len(rows.splits)
    count = EpochCount(on_epoch, total + rows.n_final_runs * tuned.epochs)
    trials, best = search(model, rows, settings, tuned.epochs, count)
    part = rows.splits[0][0]
    records = [t.as_record(learning_rate(part, t.hyperparameters, settings)) for t in trials]
    chosen = for_all_rows(best.hyperparameters, settings, rows.row_share)
    return replace(tuned, best=best, chosen=chosen, records=records, search_epochs=total)


def _as_given(model: ScoreModel, rows: SearchRows, settings: Settings) -> Tuned:
    """Return what was given as chosen, and where the search starts for what was not."""
    start, epochs = settings.given(), settings.n_epochs(len(rows.data.rows))
    best, retries = Trial(start, epochs), settings.retries
    return Tuned(model, settings, rows, best, chosen=start, epochs=epochs, retries=retries)


def _taken_over(model: ScoreModel, data: TrainingData, settings: Settings, found: Found) -> Tuned:
    """Return what was found on other rows of the same features as chosen, and how it validated.

    The number of epochs follows from the rows. On scikit-learn's digits a softmax of a quarter and
    of a half of 500 images then classifies 89.1 % and 92.4 % of 700 others correctly, with a search
    of its own 89.5 % and 92.3 %, and with penalty and whitening made stronger, as a prior would be,
    88.3 % and 92.4 % (`tests/benchmarks/found_settings.py`).
    """
    values = {name: found.best_params_[name] for name in ("learning_rate", "reg", "whitening")}
    start = replace(settings.start, loss=found.best_params_["loss"])
    given = replace(settings, start=start, losses=(start.loss,), **values)
    least = -math.inf if found.least_familiar_ is None else found.least_familiar_
    calibration = {"temperature": found.temperature_, "least_familiar": least}
    tuned = _as_given(model, whole_rows(data, given), given)
    # A rate that was found may diverge on other rows: it is retried as any that was not given.
    tuned = replace(tuned, retries=settings.retries, calibration=calibration)
    if found.validation is None:
        return tuned
    validated = found.validation._asdict() | calibration
    best = replace(tuned.best, validated=validated, history=History.from_curves(found.history_))
    return replace(tuned, best=best, records=found.search_)


def for_all_rows(best: Hyperparameters, settings: Settings, row_share: float) -> Hyperparameters:
    """Return what was best on a share of the rows, rescaled to all of them.

    The penalty is a prior's part in a mean over rows, 1 / n; so is, in effect, the whitening's
    eps, which holds down poorly determined weights. The learning rate stays, with as many epochs:
    the steps that more rows make add up to weights as much less penalised. Measured on 27,855
    features of 40,000 images of CIFAR-10, a penalty and a rate so found lost 0.1 percentage points
    against the best for all rows of `tests/benchmarks/sweep.py`, with softmax as with an SVM.
    """
    return replace(
        best,
        whitening=best.whitening * (row_share if settings.whitening is None else 1),
        reg=best.reg * (row_share if settings.reg is None else 1),
    )


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
