"""How classifiers are trained: every default in one place, a line for each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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

    # What a user may give; see `DescentClassifier`.
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
