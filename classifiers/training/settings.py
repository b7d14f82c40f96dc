"""How classifiers are trained: every default in one place, a line for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from handcraft.classifiers.numerics.state import learned, parameter
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES

MAX_RETRIES = 3
"""Trainings at a third of the rate of the one before, where one diverges."""


@dataclass(frozen=True)
class Hyperparameters:
    """What is tuned: a point of the search."""

    loss: str
    """One of `LOSSES`."""

    whitening: float
    """The eps of `PrincipalAxes.scales`."""

    reg: float
    """Strength of the L2 penalty 1/2 reg ||W||^2 on the weights of the whitened features."""

    rate: float
    """The learning rate at the first step, as a share of `WhitenedRows.safe_rate`, or of the rate
    that was given."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that decides how a classifier is trained; the defaults are those of softmax."""

    # What a user may give; see `TrainingParameters`.
    learning_rate: float | None = None
    reg: float | None = None
    whitening: float | None = None
    rule: str = "nesterov"
    schedule: str = "cosine"
    epochs: int | None = None
    batch_size: int = 256
    seed: int = 0
    n_jobs: int | None = None

    # The search: where it starts, which is also what is used where there are too few rows.
    start: Hyperparameters = Hyperparameters("softmax", whitening=10.0, reg=1e-2, rate=0.1)
    losses: tuple[str, ...] = ("softmax",)
    # From all directions alike to centring only: words want 1e-3, HOG and hue 0.1, raw pixels 10.
    whitening_grid: tuple[float, ...] = (1e-3, 0.1, 10.0)
    reg_grid: tuple[float, ...] = (1e-2, 1.0)
    rate_grid: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0)
    # What is tried once more, at a tenth and ten times the best value: the grids are in hundreds.
    # Between tens the differences are smaller than their noise: with an SVM on VLAD of Caltech-101,
    # whitening from 1e-4 to 1 reached 81.9 to 82.1 % of 1,020 validated.
    refined: tuple[str, ...] = ("whitening", "reg")
    refinement: float = 10.0

    # Validation parts: see `validation_folds`.
    n_folds: int = 5
    # With fewer rows a validation part is too small to choose on.
    min_rows: int = 100
    # Folds are validated in turn until so many rows were: accuracy within 2 percentage points.
    enough_validated: int = 500
    # With fewer an accuracy is not known to 7 percentage points.
    min_validated: int = 50
    # Features times rows searched on whole, in twenty seconds on two cores; of more, a sample of
    # them, a quarter at least, finds settings that are no less accurate.
    search_values: int = 100_000_000
    search_rows: int = 4_000

    # One training: at least so many passes, and on small sets as many as make so many steps.
    min_epochs: int = 10
    min_steps: int = 300
    # About how often there is a validation, for the learning curves; what counts is the last.
    validations: int = 10

    def n_epochs(self, n_rows: int) -> int:
        """Return the length of the schedule in epochs, for so many rows."""
        steps_per_epoch = -(-n_rows // self.batch_size)
        return self.epochs or max(self.min_epochs, -(-self.min_steps // steps_per_epoch))

    @property
    def retries(self) -> int:
        """How often training that diverges starts again: never, at a rate that was given."""
        return MAX_RETRIES if self.learning_rate is None else 0

    def given(self) -> Hyperparameters:
        """Return the start of the search, with what was given in its place."""
        return replace(
            self.start,
            rate=self.start.rate if self.learning_rate is None else 1.0,
            whitening=self.start.whitening if self.whitening is None else self.whitening,
            reg=self.start.reg if self.reg is None else self.reg,
        )

    def grids(self) -> dict[str, tuple[Any, ...]]:
        """Return the values to try of each hyperparameter that is open, in the order of trying."""
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


@dataclass(kw_only=True, eq=False)
class TrainingParameters:
    """The parameters of classifiers that are trained by gradient descent on whitened features.

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

    def _settings_from(self, defaults: Settings, seed: int) -> Settings:
        """Return how to train, with what was given in place of the defaults."""
        names = {f.name for f in fields(TrainingParameters) if f.init} - {"class_weight"}
        return replace(defaults, seed=seed, **{name: getattr(self, name) for name in names})
