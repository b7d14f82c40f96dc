"""The second half of every `fit`: training on all rows with what was chosen."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.familiarity import if_known
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.run import EpochCount, learning_rate, train
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.classifiers.training.settings import Hyperparameters
from handcraft.classifiers.training.tuning import Tuned
from handcraft.classifiers.training.whitened_rows import WhitenedRows
from handcraft.classifiers.validation import validation_fields, validation_of

Array = NDArray[np.floating[Any]]


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

    def run(job: tuple[WhitenedRows, WhitenedRows | None]) -> tuple[Array, History]:
        """Train on some rows, and validate on others if there are any."""
        return train(
            tuned.model,
            job[0],
            chosen,
            tuned.settings,
            epochs=tuned.epochs,
            validation=job[1],
            validations=tuned.settings.validations,
            on_epoch=count.one,
        )

    with ThreadPoolExecutor(usable_cores(tuned.settings.n_jobs)) as pool:
        results = list(pool.map(run, jobs))
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
