"""One training, from the start of the schedule to its end, and how its trials compare."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.losses import LOSSES, DataLoss
from handcraft.classifiers.numerics.rows import convert
from handcraft.classifiers.optim.minimise import History, minimise
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.principal_axes import WhitenedRows
from handcraft.classifiers.training.settings import Hyperparameters, Settings
from handcraft.classifiers.validation import familiarity, least_familiar, selection_cost

Array = NDArray[np.floating[Any]]

SCORED_ROWS = 512
"""Validation rows that are scored at a time."""


class PenalisedLoss(NamedTuple):
    """What is minimised: the data loss of whitened rows, and 1/2 reg ||W||^2.

    `scale`, (n_axes + 1, 1), turns projected rows into whitened ones, with a 1 for the bias; see
    `WhitenedRows`.
    """

    of_scores: DataLoss
    reg: float
    scale: Array


class ScoreModel(Protocol):
    """What is trained: parameters that give scores, and the gradient of their loss.

    `scale` is that of `PenalisedLoss`.
    """

    def start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return the parameters to start from."""

    def scores(self, params: Array, rows: Array, scale: Array) -> Array:
        """Return the scores of projected rows: (n_rows, n_classes)."""

    def loss_and_gradient(
        self, params: Array, loss: PenalisedLoss, rows: NDArray[Any], *targets: NDArray[Any]
    ) -> tuple[float, Array]:
        """Return the loss of projected rows, with the penalty, and its gradient.

        The targets are the labels, (n_rows,), and the weights of the rows if they have any.
        """


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
    loss = PenalisedLoss(LOSSES[chosen.loss], chosen.reg, rows.scale(chosen.whitening))
    rng = np.random.default_rng(settings.seed)
    n_steps = epochs * -(-len(rows) // settings.batch_size)
    rate = learning_rate(rows, chosen, settings)
    return minimise(
        lambda params, *batch: model.loss_and_gradient(params, loss, *batch),
        model.start(rows.n_axes, rng).astype(rows.dtype),
        rows.arrays,
        rule=RULES[settings.rule](),
        schedule=SCHEDULES[settings.schedule](rate, n_steps),
        epochs=epochs,
        batch_size=settings.batch_size,
        rng=rng,
        validate=None if validation is None else partial(_validate, model, validation, loss),
        validate_every=max(1, epochs // validations),
        on_epoch=on_epoch,
    )


def learning_rate(rows: WhitenedRows, chosen: Hyperparameters, settings: Settings) -> float:
    """Return the chosen share of the learning rate that was given, or of the safe one."""
    whole = settings.learning_rate
    if whole is None:
        whole = rows.safe_rate(chosen.whitening, settings.batch_size)
    return chosen.rate * whole


def _validate(
    model: ScoreModel, part: WhitenedRows, loss: PenalisedLoss, params: Array
) -> dict[str, float]:
    """Return how good parameters are on a validation part, which is scored a block at a time."""
    starts = range(0, len(part), SCORED_ROWS)
    blocks = (convert(part.rows[i : i + SCORED_ROWS], part.dtype) for i in starts)
    scores = np.concatenate([model.scores(params, block, loss.scale) for block in blocks])
    cost = selection_cost(scores, part.labels, part.weights)
    correct = scores.argmax(axis=1) == part.labels
    return {
        "loss": loss.of_scores(scores, part.labels, part.weights)[0],
        "accuracy": float(np.average(correct, weights=part.weights)),
        "n_rows": len(part),
        **cost._asdict(),
        "least_familiar": least_familiar(familiarity(scores, cost.temperature)),
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


@dataclass(frozen=True)
class Trial:
    """Hyperparameters, and how they did on the validation parts.

    Attributes
    ----------
    hyperparameters
        What was tried.
    epochs
        The length of the schedule.
    validated
        Means over the validation parts, at the end of training: ``accuracy``, ``loss``, ``cost``,
        ``temperature`` and ``n_rows``, see `selection_cost`, and `least_familiar`. Empty if
        training diverged on one.
    history
        Learning curves, on the first validation part.
    """

    hyperparameters: Hyperparameters
    epochs: int
    validated: dict[str, float] = field(default_factory=dict)
    history: History | None = None

    @classmethod
    def of(
        cls, hyperparameters: Hyperparameters, epochs: int, histories: Sequence[History]
    ) -> Trial:
        """Summarise one training run for each validation part."""
        if any(history.diverged for history in histories):
            return cls(hyperparameters, epochs, history=histories[0])
        ends = [history.validation[-1] for history in histories]
        means = {name: float(np.mean([end[name] for end in ends])) for name in ends[0]}
        means["temperature"] = math.exp(np.mean([math.log(end["temperature"]) for end in ends]))
        return cls(hyperparameters, epochs, means, histories[0])

    @property
    def cost(self) -> float:
        """What is to be as low as possible; infinite if training diverged."""
        return self.validated.get("cost", math.inf)

    def as_record(self, learning_rate: float) -> dict[str, Any]:
        """Return plain data for a reader, with the learning rate that the share came to."""
        values = asdict(self.hyperparameters)
        del values["rate"]
        names = ("accuracy", "loss", "cost")
        return values | {
            "learning_rate": learning_rate,
            "epochs": self.epochs,
            **{f"validation_{name}": self.validated.get(name) for name in names},
        }


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Return the trial of the lowest cost; ties, to three decimals, go to the first.

    Raises
    ------
    FloatingPointError
        If training diverged in every trial.
    """
    finished = [trial for trial in trials if trial.validated]
    if not finished:
        raise FloatingPointError(
            f"training diverged with each of {len(trials)} settings; give a lower learning_rate"
        )
    return min(finished, key=lambda trial: round(trial.cost, 3))
