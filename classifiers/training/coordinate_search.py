"""Tuning one hyperparameter after the other, each at the best of those before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
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


def coordinate_search(
    evaluate: Callable[[list[Hyperparameters]], Iterable[Trial]],
    start: Hyperparameters,
    grids: Mapping[str, Sequence[Any]],
    refined: Sequence[str] = (),
    refinement: float = 3.0,
) -> list[Trial]:
    """Try the values of one hyperparameter after the other, each at the best of those before.

    Then refine: try the best value of each hyperparameter in `refined` over and times `refinement`.
    Returns every trial in order. The cost is the sum of the grids' lengths, not their product.

    >>> def evaluate(h):
    ...     distance = abs(h.whitening - 3) + abs(h.reg - 2)
    ...     return Trial(h, 1, {"cost": distance})
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
