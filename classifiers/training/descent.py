"""Gradient descent on whitened rows: one training, with its settings given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handcraft.classifiers.base import Array, Classifier
from handcraft.classifiers.checks import check_choice, check_positive
from handcraft.classifiers.losses import LOSSES, DataLoss
from handcraft.classifiers.optim.minimise import History, Objective, minimise
from handcraft.classifiers.optim.schedules import SCHEDULES
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.classifiers.training.coordinate_search import Setting
from handcraft.classifiers.training.epoch_count import EpochCount
from handcraft.classifiers.training.held_out import validation_of
from handcraft.classifiers.training.whitened_rows import WhitenedSet

VALIDATIONS = 25
"""About how often there is a validation in training, where there are more epochs than that."""

MIN_EPOCHS = 10
MIN_STEPS = 300
"""Small sets are passed over more often than `MIN_EPOCHS` times, for this many steps."""


@dataclass(kw_only=True, eq=False)
class Descent(Classifier):
    """A classifier whose parameters are found by mini-batch gradient descent on whitened rows.

    Parameters
    ----------
    learning_rate
        At the first step, for whitened features; None: chosen.
    reg
        Strength of the L2 penalty 1/2 reg ||W||^2 on the weights of the whitened features (biases
        are free); None: chosen.
    whitening
        The eps of `Whitening`; None: chosen. Small: all directions of the features count alike.
        Large: the features are only centred, in effect.
    rule
        One of `RULES`.
    schedule
        One of `SCHEDULES`.
    epochs
        Passes over the data; None: 10, and more on small sets, for 300 steps.
    batch_size
        Rows in a batch.
    patience
        On a validation part, stop after this many epochs without a better one; None: half of all.
    class_weight
        A factor for each class, ``"balanced"`` for classes of equal total weight, or None.
    seed
        Of the validation split and of the order of the rows. The same seed gives the same bits.

    Attributes
    ----------
    loss_ : str
        The loss trained with, one of `LOSSES`.
    """

    learning_rate: float | None = None
    reg: float | None = None
    whitening: float | None = None
    rule: str = "nesterov"
    schedule: str = "cosine"
    epochs: int | None = None
    batch_size: int = 256
    patience: int | None = None
    class_weight: Mapping[Any, float] | str | None = None

    loss_: str = field(init=False, repr=False)

    @abstractmethod
    def _start(self, n_axes: int, rng: np.random.Generator) -> Array:
        """Return the parameters to start from."""

    @abstractmethod
    def _objective(self, scale: Array, reg: float) -> Objective:
        """Return the loss with its gradient, of (parameters, rows, labels[, weights])."""

    @abstractmethod
    def _raw_scores(self, params: Array, rows: Array, scale: Array) -> Array:
        """Return the scores (n_rows, n_classes) of rows that are not scaled yet."""

    @abstractmethod
    def _keep(self, params: Array, whole: WhitenedSet, eps: float) -> None:
        """Store what was learned, for features as they come."""

    @property
    @abstractmethod
    def _losses(self) -> Sequence[str]:
        """The losses of `LOSSES` to choose from; the first where there are too few rows to tell."""

    @property
    def _data_loss(self) -> DataLoss:
        """The loss that is minimised, without the penalty."""
        return LOSSES[vars(self).get("loss_", self._losses[0])]

    def _check_parameters(self) -> None:
        """Raise ValueError unless every parameter has a possible value."""
        name = type(self).__name__
        for parameter in ("learning_rate", "whitening", "epochs", "batch_size", "patience"):
            check_positive(parameter, getattr(self, parameter), name)
        if self.reg != 0:
            check_positive("reg", self.reg, name)
        check_choice("rule", self.rule, RULES, name)
        check_choice("schedule", self.schedule, SCHEDULES, name)

    def _n_epochs(self, n_rows: int) -> int:
        steps_per_epoch = -(-n_rows // self.batch_size)
        return self.epochs or max(MIN_EPOCHS, -(-MIN_STEPS // steps_per_epoch))

    def _learning_rate(self, part: WhitenedSet, setting: Setting) -> float:
        """Return the learning rate given, or the setting's share of the safe one."""
        if self.learning_rate is not None:
            return self.learning_rate
        return setting["rate"] * part.safe_rate(setting["whitening"], self.batch_size)

    def _train(
        self,
        part: WhitenedSet,
        setting: Setting,
        epochs: int,
        progress: EpochCount,
        validation: WhitenedSet | None = None,
    ) -> tuple[Array, History]:
        """Train on one part, with the schedule running over `epochs`."""
        scale = part.scale(setting["whitening"])
        rng = np.random.default_rng(self.seed)
        n_steps = epochs * -(-len(part.rows) // self.batch_size)
        validate = None
        if validation is not None:
            validate = validation_of(
                validation, lambda W, rows: self._raw_scores(W, rows, scale), self._data_loss
            )
        params, history = minimise(
            self._objective(scale, setting["reg"]),
            self._start(part.rows.shape[1], rng).astype(part.dtype),
            part.arrays,
            rule=RULES[self.rule](),
            schedule=SCHEDULES[self.schedule](self._learning_rate(part, setting), n_steps),
            epochs=epochs,
            batch_size=self.batch_size,
            rng=rng,
            validate=validate,
            validate_every=max(1, epochs // VALIDATIONS),
            patience=self.patience or -(-epochs // 2),
            on_epoch=progress.count_epoch,
        )
        progress.skip(epochs - len(history.training_loss))
        return params, history
