"""Tuning one hyperparameter after the other, each at the best of those before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.settings import Hyperparameters


@dataclass(frozen=True)
class Trial:
    """Hyperparameters, and how they did on the validation parts.

    Attributes
    ----------
    hyperparameters
        What was tried.
    best_epoch
        After how many epochs the cost was lowest, on average over the validation parts.
    accuracy, loss, cost, temperature
        Means over the validation parts, after the best epoch of each; see `selection_cost`. None
        and infinite if training diverged on one.
    history
        Learning curves, on the first validation part.
    """

    hyperparameters: Hyperparameters
    best_epoch: int
    accuracy: float | None = None
    loss: float | None = None
    cost: float = math.inf
    temperature: float | None = None
    history: History | None = None

    @classmethod
    def of(cls, hyperparameters: Hyperparameters, histories: Sequence[History]) -> Trial:
        """Summarise one training run for each validation part."""
        if any(history.diverged for history in histories):
            return cls(hyperparameters, 0, history=histories[0])
        bests = [history.best for history in histories]
        means = {name: float(np.mean([best[name] for best in bests])) for name in bests[0]}
        return cls(
            hyperparameters,
            round(means["epoch"]),
            means["accuracy"],
            means["loss"],
            means["cost"],
            float(np.exp(np.mean([np.log(best["temperature"]) for best in bests]))),
            histories[0],
        )

    def as_record(self, learning_rate: float) -> dict[str, Any]:
        """Return plain data for a reader, with the learning rate that the share came to."""
        values = asdict(self.hyperparameters)
        del values["rate"]
        return values | {
            "learning_rate": learning_rate,
            "best_epoch": self.best_epoch,
            "validation_accuracy": self.accuracy,
            "validation_loss": self.loss,
            "validation_cost": self.cost if math.isfinite(self.cost) else None,
        }


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Return the trial of the lowest cost; ties, to three decimals, go to the first.

    Raises
    ------
    FloatingPointError
        If training diverged in every trial.
    """
    finished = [trial for trial in trials if trial.accuracy is not None]
    if not finished:
        raise FloatingPointError(
            f"training diverged with each of {len(trials)} settings; give a lower learning_rate"
        )
    return min(finished, key=lambda trial: round(trial.cost, 3))


def coordinate_search(
    evaluate: Callable[[list[Hyperparameters]], Iterable[Trial]],
    start: Hyperparameters,
    grids: Mapping[str, Sequence[Any]],
    refined: Sequence[str] = (),
    refinement: float = 3.0,
) -> list[Trial]:
    """Try the values of one hyperparameter after the other, each at the best of those before.

    Then refine: try a third and three times the best value of each hyperparameter in `refined`.
    Returns every trial in order. The cost is the sum of the grids' lengths, not their product.

    >>> def evaluate(h):
    ...     distance = abs(h.whitening - 3) + abs(h.reg - 2)
    ...     return Trial(h, 1, accuracy=1.0, cost=distance)
    >>> start = Hyperparameters("softmax", whitening=0, reg=0, rate=1)
    >>> grids = {"whitening": [1, 2, 3], "reg": [0, 2]}
    >>> trials = coordinate_search(lambda hs: map(evaluate, hs), start, grids)
    >>> best_trial(trials).hyperparameters, len(trials)
    (Hyperparameters(loss='softmax', whitening=3, reg=2, rate=1), 4)
    >>> trials = coordinate_search(lambda hs: map(evaluate, hs), start, {"whitening": [1]},
    ...                            refined=["whitening"])
    >>> best_trial(trials).hyperparameters.whitening, len(trials)
    (3.0, 3)
    """
    trials: list[Trial] = []

    def attempt(name: str, values: Sequence[Any]) -> None:
        """Try values that were not tried yet, at the best of all others."""
        best = best_trial(trials).hyperparameters if trials else start
        tried = {trial.hyperparameters for trial in trials}
        points = [replace(best, **{name: value}) for value in values]
        trials.extend(evaluate([point for point in points if point not in tried]))

    for name, values in grids.items():
        attempt(name, values)
    for name in refined:
        centre = getattr(best_trial(trials).hyperparameters, name)
        attempt(name, (centre / refinement, centre * refinement))
    return trials
