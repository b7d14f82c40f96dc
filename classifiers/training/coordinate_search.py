"""Choosing hyperparameters on validation parts of the training set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.optim.minimise import History

Rows = NDArray[np.intp]
Setting = dict[str, float]

N_FOLDS = 5

SEARCH_VALUES = 100_000_000
"""Features times rows below which hyperparameters are searched on all rows: that takes twenty
seconds on two cores. On more, a sample finds settings that are no less accurate."""

SEARCH_ROWS = 4_000
"""No sample is smaller."""

REFINEMENT = 3.0
"""The factor of the closer look; the grids themselves are in steps of about ten."""

ENOUGH_VALIDATION_ROWS = 600
"""Folds are validated in turn until this many rows were; accuracy is then known to 2 points."""

FEWEST_ROWS = 100
"""With fewer rows than this a validation part tells little more than chance."""


@dataclass(frozen=True)
class Trial:
    """A setting, and how it did on the validation parts.

    Attributes
    ----------
    setting
        Hyperparameters by name.
    epochs
        After how many the best accuracy was reached, on average.
    accuracy, loss, cost
        Mean over the validation parts, after the best epoch of each (see `validation_cost`); None
        and infinite if training diverged on one, or was not validated.
    history
        Learning curves, on the first validation part.
    """

    setting: Setting
    epochs: int
    accuracy: float | None = None
    loss: float | None = None
    cost: float = math.inf
    history: History | None = None

    @classmethod
    def from_histories(cls, setting: Setting, histories: Sequence[History]) -> Trial:
        """Summarise one training run for each validation part."""
        if any(history.best_epoch == 0 for history in histories):
            return cls(setting, 0, history=histories[0])
        bests = [history.validation_epoch.index(history.best_epoch) for history in histories]

        def mean_at_best(curve: Callable[[History], list[float]]) -> float:
            """Return a curve's mean value after the best epoch of each run."""
            return float(np.mean([curve(h)[i] for h, i in zip(histories, bests, strict=True)]))

        return cls(
            setting,
            round(float(np.mean([history.best_epoch for history in histories]))),
            mean_at_best(lambda history: history.validation_accuracy),
            mean_at_best(lambda history: history.validation_loss),
            mean_at_best(lambda history: history.validation_cost),
            histories[0],
        )

    def as_record(self, learning_rate: float) -> dict[str, Any]:
        """Return plain data for a reader, with the learning rate that the setting came to."""
        return {
            "whitening": self.setting["whitening"],
            "reg": self.setting["reg"],
            "learning_rate": learning_rate,
            "epochs": self.epochs,
            "validation_accuracy": self.accuracy,
            "validation_loss": self.loss,
            "validation_cost": self.cost if math.isfinite(self.cost) else None,
        }


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Return the trial of the lowest cost; of costs that are equal in effect, the first.

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
    evaluate: Callable[[list[Setting]], Iterable[Trial]],
    start: Setting,
    grids: Mapping[str, Sequence[float]],
    refine: Sequence[str] = (),
) -> list[Trial]:
    """Try the values of one hyperparameter after the other, each at the best of those before.

    Then look closer: try a third and three times the best value of each hyperparameter in
    `refine`. Returns every trial in order. The cost is the sum of the grids' lengths, not their
    product.

    >>> def evaluate(setting):
    ...     distance = abs(setting["a"] - 3) + abs(setting["b"] - 2)
    ...     return Trial(setting, 1, accuracy=1.0, cost=distance)
    >>> grids = {"a": [1, 2, 3], "b": [0, 2]}
    >>> trials = coordinate_search(lambda s: map(evaluate, s), {"a": 0, "b": 0}, grids)
    >>> best_trial(trials).setting, len(trials)
    ({'a': 3, 'b': 2}, 4)
    >>> trials = coordinate_search(lambda s: map(evaluate, s), {"a": 1, "b": 2}, {"a": [1]}, ["a"])
    >>> best_trial(trials).setting, len(trials)
    ({'a': 3.0, 'b': 2}, 3)
    """
    trials: list[Trial] = []

    def attempt(name: str, values: Sequence[float]) -> None:
        """Try values that were not tried yet, at the best of all others."""
        best = best_trial(trials).setting if trials else start
        tried = [trial.setting for trial in trials]
        settings = [best | {name: value} for value in values]
        trials.extend(evaluate([setting for setting in settings if setting not in tried]))

    for name, values in grids.items():
        attempt(name, values)
    for name in refine:
        centre = best_trial(trials).setting[name]
        attempt(name, (centre / REFINEMENT, centre * REFINEMENT))
    return trials


def search_folds(
    labels: NDArray[np.intp], n_features: int, rng: np.random.Generator
) -> list[tuple[Rows, Rows]]:
    """Return positions to train on and to validate on; on large sets, of a random sample.

    It is a quarter of the rows at least, and `SEARCH_ROWS`: with far fewer rows another whitening
    is the best.
    """
    n_wanted = max(SEARCH_VALUES // n_features, len(labels) // 4, SEARCH_ROWS)
    sample = np.arange(len(labels))
    if n_wanted < len(labels):
        sample = np.sort(rng.choice(len(labels), n_wanted, replace=False))
    return [(sample[a], sample[b]) for a, b in validation_folds(labels[sample], rng)]


def validation_folds(labels: NDArray[np.intp], rng: np.random.Generator) -> list[tuple[Rows, Rows]]:
    """Return pairs of training and validation rows, with every class in proportion.

    A validation part is a fifth of the rows. There are as many parts, up to five, as it takes to
    validate enough rows, and none where there are too few to choose on. The only row of a class
    stays in training.

    Parameters
    ----------
    labels
        The class of each row, (n_rows,).
    """
    n_rows = len(labels)
    if n_rows < FEWEST_ROWS:
        return []
    fold = np.empty(n_rows, np.intp)
    counts = np.bincount(labels)
    next_fold = 0
    for label in np.flatnonzero(counts):
        members = rng.permutation(np.flatnonzero(labels == label))
        fold[members] = (next_fold + np.arange(len(members))) % N_FOLDS
        next_fold += len(members)
    fold[counts[labels] == 1] = N_FOLDS
    n_used = min(N_FOLDS, math.ceil(ENOUGH_VALIDATION_ROWS / (n_rows / N_FOLDS)))
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n_used)]
