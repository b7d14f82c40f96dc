"""Tune on validation parts, then train on all rows: the two halves of every `fit`."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.checks import TrainingData
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.coordinate_search import Trial, best_trial, coordinate_search
from handcraft.classifiers.training.folds import Split, search_folds, whitened_splits
from handcraft.classifiers.training.run import ScoreModel, learning_rate, train
from handcraft.classifiers.training.settings import Hyperparameters, Settings
from handcraft.classifiers.training.whitened_rows import WhitenedRows

Array = NDArray[np.floating[Any]]

MAX_RETRIES = 3
"""Trainings at a third of the rate of the one before, where a rate that was tuned diverges."""


@dataclass(frozen=True)
class SearchRows:
    """What all searches on the same rows share: checked data, and the whitened parts.

    Attributes
    ----------
    splits
        Training and validation parts; none where there are too few rows to choose on.
    whole
        All rows along the axes of the parts, if these were learned from all rows.
    row_share
        The rows that were trained on in the search, as a share of all rows; 1 for all but the
        validation part.
    """

    data: TrainingData
    splits: list[Split]
    whole: WhitenedRows | None
    row_share: float


@dataclass(frozen=True)
class Tuned:
    """What was chosen, and all that training on all rows needs.

    Attributes
    ----------
    best
        The trial that was chosen, as it was validated; with nothing to choose, the given values.
    chosen
        Its hyperparameters, rescaled from the subsample to all rows where it was one.
    schedule_epochs, epochs
        The length of the schedule, and after how many epochs to stop, on all rows.
    records
        Every trial, in order, as plain data.
    search_epochs
        How many epochs the search took at most, for the progress of what follows.
    """

    model: ScoreModel
    settings: Settings
    rows: SearchRows
    best: Trial
    chosen: Hyperparameters
    schedule_epochs: int
    epochs: int
    records: list[dict[str, Any]]
    search_epochs: int = 0

    @property
    def validation_cost(self) -> float | None:
        """What the hyperparameters were chosen by: lower is better, None without validation.

        Comparable between classifiers that were tuned on the same `rows`.
        """
        return self.best.cost if math.isfinite(self.best.cost) else None

    @property
    def validation_accuracy(self) -> float | None:
        """The share of the validation rows that was classified correctly, with what was chosen."""
        return self.best.accuracy


@dataclass(frozen=True)
class Trained:
    """The result of training on all rows."""

    params: Array
    rows: WhitenedRows
    hyperparameters: Hyperparameters
    learning_rate: float
    history: History


def search_rows(data: TrainingData, settings: Settings) -> SearchRows:
    """Set validation parts aside and whiten: what searches of several classifiers may share."""
    rng = np.random.default_rng(settings.seed)
    rows = data.rows
    groups = None if data.groups is None else data.groups[rows]
    folds = search_folds(data.labels[rows], data.X.shape[1], rng, settings, groups)
    if not folds or not settings.grids():
        return SearchRows(data, [], None, 1.0)
    n_searched = len(np.concatenate(folds[0]))
    share = 1.0 if n_searched == len(rows) else len(folds[0][0]) / len(rows)
    return SearchRows(data, *whitened_splits(data, folds, settings.n_jobs), share)


def tune(
    model: ScoreModel, rows: SearchRows, settings: Settings, on_epoch: OnEpoch | None = None
) -> Tuned:
    """Choose what is not given on the validation parts.

    Raises
    ------
    FloatingPointError
        If training diverges whatever is tried.
    """
    n_epochs = settings.n_epochs(len(rows.data.rows))
    start, grids = settings.given(), settings.grids()
    if not (grids and rows.splits):
        return Tuned(model, settings, rows, Trial(start, n_epochs), start, n_epochs, n_epochs, [])
    search_epochs = n_epochs if rows.row_share == 1 else -(-n_epochs // 2)
    refined = [name for name in settings.refined if name in grids]
    n_trials = sum(map(len, grids.values())) + 2 * len(refined)
    total = n_trials * len(rows.splits) * search_epochs
    count = EpochCount(on_epoch, total + n_epochs)

    def evaluate(tried: Hyperparameters) -> Trial:
        """Train on each training part, and summarise."""
        histories = []
        for part, validation in rows.splits:
            history = train(
                model,
                part,
                tried,
                settings,
                schedule_epochs=search_epochs,
                validation=validation,
                on_epoch=count.one,
            )[1]
            count.skip(search_epochs - len(history.training_loss))
            histories.append(history)
        return Trial.of(tried, histories)

    with ThreadPoolExecutor(usable_cores(settings.n_jobs)) as pool:
        trials = coordinate_search(
            lambda points: pool.map(evaluate, points), start, grids, refined, settings.refinement
        )
    part = rows.splits[0][0]
    records = [t.as_record(learning_rate(part, t.hyperparameters, settings)) for t in trials]
    best = best_trial(trials)
    chosen, epochs = best.hyperparameters, best.best_epoch
    if rows.row_share < 1:
        chosen = for_all_rows(chosen, settings, rows.row_share, search_epochs / n_epochs)
        epochs = n_epochs
    return Tuned(model, settings, rows, best, chosen, n_epochs, epochs, records, total)


def for_all_rows(
    best: Hyperparameters, settings: Settings, row_share: float, epoch_share: float
) -> Hyperparameters:
    """Return what was best on a share of the rows and epochs, rescaled to all of them.

    The penalty is a prior's part in a mean over rows, 1 / n; so is, in effect, the whitening's
    eps, which holds down poorly determined weights. The best learning rate goes with one over the
    root of the number of steps (Nemirovski, Juditsky, Lan & Shapiro, "Robust Stochastic
    Approximation Approach to Stochastic Programming", 2009). A sample overfits sooner than all
    rows: it says nothing of their epochs.
    """
    return replace(
        best,
        whitening=best.whitening * (row_share if settings.whitening is None else 1),
        reg=best.reg * (row_share if settings.reg is None else 1),
        rate=best.rate * math.sqrt(row_share * epoch_share),
    )


def train_on_all(tuned: Tuned, on_epoch: OnEpoch | None = None) -> Trained:
    """Train on all rows as it was validated: with the same schedule, stopped at the same epoch.

    Raises
    ------
    FloatingPointError
        If training diverges with the learning rate given, or with the chosen one and lower ones.
    """
    settings, data, chosen = tuned.settings, tuned.rows.data, tuned.chosen
    rows = tuned.rows.whole or WhitenedRows.learn(data, data.rows, settings.n_jobs)
    count = EpochCount(on_epoch, tuned.search_epochs + tuned.schedule_epochs, tuned.search_epochs)
    retries = MAX_RETRIES if settings.learning_rate is None else 0
    for attempt in range(retries + 1):
        chosen = replace(chosen, rate=tuned.chosen.rate / 3**attempt)
        params, history = train(
            tuned.model,
            rows,
            chosen,
            settings,
            schedule_epochs=tuned.schedule_epochs,
            epochs=tuned.epochs,
            on_epoch=count.one,
        )
        rate = learning_rate(rows, chosen, settings)
        if not history.diverged:
            return Trained(params, rows, chosen, rate, history)
    advice = (
        "give a lower one, or None to have it chosen"
        if retries == 0
        else f"the last of {retries + 1} that were tried; standardise the features"
    )
    raise FloatingPointError(
        f"training diverged in epoch {len(history.training_loss)} with learning_rate={rate:g}; "
        f"{advice}"
    )


def learned_values(tuned: Tuned, trained: Trained) -> dict[str, Any]:
    """Return what a classifier keeps of how it was trained, by the names of its fields."""
    data, history = tuned.rows.data, tuned.best.history or trained.history
    validation = {
        f"validation_{name}": [record[name] for record in history.validation]
        for name in ("epoch", "loss", "accuracy", "cost")
    }
    return {
        "classes_": data.classes,
        "n_features_in_": data.X.shape[1],
        "best_params_": {
            "loss": trained.hyperparameters.loss,
            "learning_rate": trained.learning_rate,
            "reg": trained.hyperparameters.reg,
            "whitening": trained.hyperparameters.whitening,
            "epochs": tuned.schedule_epochs,
            "best_epoch": tuned.epochs,
        },
        "validation_accuracy_": tuned.validation_accuracy,
        "validation_cost_": tuned.validation_cost,
        "temperature_": tuned.best.temperature or 1.0,
        "search_": tuned.records,
        "history_": {
            "learning_rate": history.learning_rate,
            "training_loss": history.training_loss,
            **validation,
        },
    }


class EpochCount:
    """Counts epochs over several training runs, some at the same time, some of which end early."""

    def __init__(self, on_epoch: OnEpoch | None, total: int, done: int = 0) -> None:
        self._on_epoch = on_epoch
        self._total = total
        self._done = done
        self._lock = threading.Lock()

    def one(self, _: History) -> None:
        """Report one epoch more."""
        self.skip(1)

    def skip(self, epochs: int) -> None:
        """Report epochs as done that need not be run."""
        with self._lock:
            self._done += epochs
            if self._on_epoch is not None:
                self._on_epoch(min(self._done, self._total), self._total)
