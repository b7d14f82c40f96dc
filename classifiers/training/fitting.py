"""The two halves of every `fit`: tuning hyperparameters, then training on all rows."""

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
    """The chosen hyperparameters, and everything needed for training on all rows.

    Attributes
    ----------
    best
        The chosen trial, with its validation; if there was nothing to choose, the given values.
    chosen
        Its hyperparameters, rescaled to all rows if a subsample was searched.
    epochs
        Passes over all rows: the length of the schedule.
    records
        Every trial, in order, as plain data.
    search_epochs
        The most epochs of the search, for the progress display.
    retries
        How often training that diverges may start again at a third of its rate.
    calibration
        ``temperature`` and ``least_familiar`` if nothing was chosen; empty if unknown.
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
        """Validation of the chosen hyperparameters; None if nothing was chosen."""
        return validation_of(self.best.validated)


class Found(Protocol):
    """The results of a search that a fitted classifier keeps; see `LinearClassifier`."""

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
    """Choose open hyperparameters on validation parts; validate and calibrate given ones.

    Parameters
    ----------
    rows
        The rows of an earlier tuning on the same data with the same seed; None: validation parts
        are split off, and whitened, now.
    found
        The result of a search on other rows of the same features, to use without searching.

    Raises
    ------
    FloatingPointError
        If training diverges in all trials.
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
    """Return the given hyperparameters as chosen, and the start of the search for the others."""
    start, epochs = settings.given(), settings.n_epochs(len(rows.data.rows))
    best, retries = Trial(start, epochs), settings.retries
    return Tuned(model, settings, rows, best, chosen=start, epochs=epochs, retries=retries)


def _taken_over(model: ScoreModel, data: TrainingData, settings: Settings, found: Found) -> Tuned:
    """Return the hyperparameters found on other rows of the same features, and their validation.

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
    # The rate may diverge on other rows: it is then lowered, as if it had not been given.
    tuned = replace(tuned, retries=settings.retries, calibration=calibration)
    if found.validation is None:
        return tuned
    validated = found.validation._asdict() | calibration
    best = replace(tuned.best, validated=validated, history=History.from_curves(found.history_))
    return replace(tuned, best=best, records=found.search_)


def for_all_rows(best: Hyperparameters, settings: Settings, row_share: float) -> Hyperparameters:
    """Return the best hyperparameters on a share of the rows, rescaled to all rows.

    The penalty is that of a prior relative to a mean over rows, 1 / n; so is, in effect, the
    whitening's eps, which shrinks poorly determined weights. The learning rate is kept, with the
    same number of epochs: more rows mean more steps, and correspondingly less shrinkage. Measured
    on 27,855 features of 40,000 images of CIFAR-10, a penalty and a rate so found lost 0.1
    percentage points against the best for all rows of `tests/benchmarks/sweep.py`, with softmax as
    with an SVM.
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
        The model's parameters, for rows along `rows.axes`.
    history
        Learning curves of the validated training, if any: of the search's best trial, or, if a
        sample was searched, of another training without its validation part.
    validated
        Its loss, accuracy, cost and temperature; empty if there was none.
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
    """Train on all rows with the validated hyperparameters and the same schedule.

    If a sample was searched, this trains twice in parallel: on all rows, and for validation on all
    rows but the validation part.

    Raises
    ------
    FloatingPointError
        If training diverges with the given learning rate, or with the chosen one and lower ones.
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
    """Return the parameters trained on all rows, and the record of each training."""
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
    """Return the fields of a classifier about its training, by name."""
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
