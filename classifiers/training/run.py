"""One training: from the start of the schedule to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.familiarity import familiarity, least_familiar
from handcraft.classifiers.losses import LOSSES, DataLoss
from handcraft.classifiers.numerics.dtypes import convert
from handcraft.classifiers.optim.minimise import History, Validate, minimise
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.settings import Hyperparameters, Settings
from handcraft.classifiers.training.whitened_rows import WhitenedRows
from handcraft.classifiers.validation import selection_cost

Array = NDArray[np.floating[Any]]

SCORED_ROWS = 512
"""Validation rows that are scored at a time."""


class ScoreModel(Protocol):
    """What is trained: parameters that give scores, and the gradient of their loss.

    `scale`, (n_axes + 1, 1), turns projected rows into whitened ones, with a 1 for the bias; see
    `WhitenedRows`.
    """

    def start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return the parameters to start from."""

    def scores(self, params: Array, rows: Array, scale: Array) -> Array:
        """Return the scores of projected rows: (n_rows, n_classes)."""

    def loss_and_gradient(
        self,
        params: Array,
        scale: Array,
        loss: DataLoss,
        reg: float,
        rows: NDArray[Any],
        labels: NDArray[np.intp],
        weights: Array | None = None,
    ) -> tuple[float, Array]:
        """Return the loss of projected rows, with the penalty, and its gradient."""


def train(
    model: ScoreModel,
    rows: WhitenedRows,
    chosen: Hyperparameters,
    settings: Settings,
    *,
    epochs: int,
    validation: WhitenedRows | None = None,
    validations: int = 1,
    on_epoch: Callable[[History], None] | None = None,
) -> tuple[Array, History]:
    """Train on some rows, and return the parameters and what happened.

    Parameters
    ----------
    epochs
        Passes over the rows: the length of the schedule.
    validation
        Rows on which the result is judged.
    validations
        About how often on the way, the last time included.
    """
    scale = rows.scale(chosen.whitening)
    rng = np.random.default_rng(settings.seed)
    n_steps = epochs * -(-len(rows) // settings.batch_size)
    rate = learning_rate(rows, chosen, settings)
    loss = LOSSES[chosen.loss]
    return minimise(
        lambda params, *batch: model.loss_and_gradient(params, scale, loss, chosen.reg, *batch),
        model.start(rows.n_axes, rng).astype(rows.dtype),
        rows.arrays,
        rule=RULES[settings.rule](),
        schedule=SCHEDULES[settings.schedule](rate, n_steps),
        epochs=epochs,
        batch_size=settings.batch_size,
        rng=rng,
        validate=None if validation is None else _validate(model, validation, scale, loss),
        validate_every=max(1, epochs // validations),
        on_epoch=on_epoch,
    )


def learning_rate(rows: WhitenedRows, chosen: Hyperparameters, settings: Settings) -> float:
    """Return the chosen share of the learning rate that was given, or of the safe one."""
    whole = settings.learning_rate
    if whole is None:
        whole = rows.safe_rate(chosen.whitening, settings.batch_size)
    return chosen.rate * whole


def _validate(model: ScoreModel, part: WhitenedRows, scale: Array, loss: DataLoss) -> Validate:
    """Return the function that says how good parameters are on a validation part."""

    def validate(params: Array) -> dict[str, float]:
        """Score all rows, a block at a time."""
        starts = range(0, len(part), SCORED_ROWS)
        blocks = (convert(part.rows[i : i + SCORED_ROWS], part.dtype) for i in starts)
        scores = np.concatenate([model.scores(params, block, scale) for block in blocks])
        cost = selection_cost(scores, part.labels, part.weights)
        correct = scores.argmax(axis=1) == part.labels
        return {
            "loss": loss(scores, part.labels, part.weights)[0],
            "accuracy": float(np.average(correct, weights=part.weights)),
            "n_rows": len(part),
            **cost._asdict(),
            "least_familiar": least_familiar(familiarity(scores, cost.temperature)),
        }

    return validate


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
