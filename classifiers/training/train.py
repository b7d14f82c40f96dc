"""Training of a classifier: settings with their defaults, and `train`, which calls `minimise`.

`minimise` is the loop over mini-batches; `train` passes the loss, the data and the schedule to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import LOSSES, DataLoss
from handcraft.classifiers.numerics.rows import convert
from handcraft.classifiers.optim.minimise import SCHEDULES, History, minimise
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.principal_axes import WhitenedRows
from handcraft.classifiers.validation import familiarity, least_familiar, selection_cost

Array = NDArray[np.floating[Any]]

MAX_RETRIES = 3
"""Retries of a training that diverges, each at a third of the previous rate."""

SCORED_ROWS = 512
"""Validation rows scored at a time."""


@dataclass(frozen=True)
class Hyperparameters:
    """The tuned hyperparameters: a point of the search."""

    loss: str
    """One of `LOSSES`."""

    whitening: float
    """The eps of `PrincipalAxes.scales`."""

    reg: float
    """Strength of the L2 penalty 1/2 reg ||W||^2 on the weights of the whitened features."""

    rate: float
    """The learning rate at the first step, as a share of `WhitenedRows.safe_rate`, or of the given
    rate."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a training; the defaults are those of softmax."""

    # Parameters of a classifier; see `LinearClassifier`.
    learning_rate: float | None = None
    reg: float | None = None
    whitening: float | None = None
    rule: str = "nesterov"
    schedule: str = "cosine"
    epochs: int | None = None
    batch_size: int = 256
    seed: int = 0
    n_jobs: int | None = None

    # The start of the search, which is also used if there are too few rows to search on.
    start: Hyperparameters = Hyperparameters("softmax", whitening=10.0, reg=1e-2, rate=0.1)
    losses: tuple[str, ...] = ("softmax",)
    # From all directions equalised to centring only. On CIFAR-10 the best is 1e-3 for words, 0.1
    # for HOG and hue, 10 for raw pixels; `tests/benchmarks/sweep.py` prints the accuracies.
    whitening_grid: tuple[float, ...] = (1e-3, 0.1, 10.0)
    reg_grid: tuple[float, ...] = (1e-2, 1.0)
    rate_grid: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    # The grids have steps of a factor of 100; these are refined by a tenth and ten times the best
    # value. Finer steps make no difference beyond noise: with an SVM on VLAD of Caltech-101,
    # whitening from 1e-4 to 1 reached 81.9 to 82.1 % of 1,020 validated rows (`sweep.py`).
    refined: tuple[str, ...] = ("whitening", "reg")
    refinement: float = 10.0

    # Validation parts: see `validation_folds`.
    n_folds: int = 5
    # With fewer rows a validation part is too small to choose on.
    min_rows: int = 100
    # Folds are validated in turn until this many rows are: the standard error of an accuracy is
    # then at most 0.5 / sqrt(500), 2 percentage points.
    enough_validated: int = 500
    # With fewer it may exceed 0.5 / sqrt(50), 7 percentage points.
    min_validated: int = 50
    # The most features times rows to search on in full, which takes 20 seconds on two cores. With
    # more, a sample of at least a quarter of the rows finds settings that are no less accurate.
    search_values: int = 100_000_000
    search_rows: int = 4_000

    # One training: the fewest epochs, and on small sets as many as give the fewest steps.
    min_epochs: int = 10
    min_steps: int = 300
    # Approximate number of validations, for the learning curves; only the last one matters.
    validations: int = 10

    def with_given(self, classifier: Any) -> Settings:
        """Return the settings with the values of a classifier's parameters of the same names."""
        given = vars(classifier)
        return replace(self, **{f.name: given[f.name] for f in fields(self) if f.name in given})

    def n_epochs(self, n_rows: int) -> int:
        """Return the length of the schedule in epochs, for `n_rows` rows."""
        steps_per_epoch = -(-n_rows // self.batch_size)
        return self.epochs or max(self.min_epochs, -(-self.min_steps // steps_per_epoch))

    @property
    def retries(self) -> int:
        """How often training that diverges is retried: never with a given rate."""
        return MAX_RETRIES if self.learning_rate is None else 0

    def given(self) -> Hyperparameters:
        """Return the start of the search, with the given hyperparameters."""
        return replace(
            self.start,
            rate=self.start.rate if self.learning_rate is None else 1.0,
            whitening=self.start.whitening if self.whitening is None else self.whitening,
            reg=self.start.reg if self.reg is None else self.reg,
        )

    def grids(self) -> dict[str, tuple[Any, ...]]:
        """Return the values to try for each open hyperparameter, in order."""
        grids: dict[str, tuple[Any, ...]] = {}
        if len(self.losses) > 1:
            grids["loss"] = self.losses
        if self.whitening is None:
            grids["whitening"] = self.whitening_grid
        if self.reg is None:
            grids["reg"] = self.reg_grid
        if self.learning_rate is None:
            grids["rate"] = self.rate_grid
        return grids


class PenalisedLoss(NamedTuple):
    """The objective: the data loss of whitened rows, plus 1/2 reg ||W||^2.

    `scale`, (n_axes + 1, 1), turns projected rows into whitened ones, with a 1 for the bias; see
    `WhitenedRows`.
    """

    of_scores: DataLoss
    reg: float
    scale: Array


class ScoreModel(Protocol):
    """The trained model: scores from parameters, and the gradient of their loss.

    `scale` is that of `PenalisedLoss`.
    """

    def start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return the initial parameters."""

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
    """Train on some rows, and return the parameters and the learning curves.

    Parameters
    ----------
    epochs
        Passes over the rows: the length of the schedule.
    validation
        Rows on which the result is validated.
    validations
        Approximate number of validations, including the last.
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
    """Return the chosen share of the given learning rate, or of the safe one."""
    whole = settings.learning_rate
    if whole is None:
        whole = rows.safe_rate(chosen.whitening, settings.batch_size)
    return chosen.rate * whole


def _validate(
    model: ScoreModel, part: WhitenedRows, loss: PenalisedLoss, params: Array
) -> dict[str, float]:
    """Return the metrics of parameters on a validation part, scored a block at a time."""
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
