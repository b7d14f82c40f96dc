"""Hyperparameter search: one parameter after the other, by trials on the validation parts."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.numerics.rows import convert
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training.search_rows import SearchRows
from handcraft.classifiers.training.train import Hyperparameters, ScoreModel, Settings, train
from handcraft.classifiers.validation import best_temperature, familiarity, least_familiar

SMALL_STEP = 1_000_000
"""Multiplications, below which threads wait longer for Python's global lock than they compute: on
two cores two threads take 1.7 times as long as one for 115 rows, 115 axes and 6 classes, and 0.9
times as long for 256 rows, 479 axes and 10 classes."""


def search(
    model: ScoreModel, rows: SearchRows, settings: Settings, epochs: int, count: EpochCount
) -> tuple[list[Trial], Trial]:
    """Return all trials in order, and the best one of those with all `epochs`.

    Whitening, penalty and loss are screened with half the epochs. The learning rate is chosen last,
    with all epochs: by trials of the very procedure that is then used on all rows.
    """
    start, grids = settings.given(), settings.grids()
    rates = grids.pop("rate", (start.rate,))
    refined = [name for name in settings.refined if name in grids]
    parts = _Parts(model, rows, settings, count)
    screening = functools.partial(parts.try_all, epochs=-(-epochs // 2))
    screened = coordinate_search(screening, start, grids, refined, settings.refinement)
    best = best_trial(screened).hyperparameters if screened else start
    points = [replace(best, rate=rate) for rate in rates]
    trials = parts.try_all(points, epochs, settings.validations)
    # If given settings diverge, training on all rows raises the error, with their learning rate.
    return screened + trials, best_trial(trials) if len(trials) > 1 else trials[0]


def coordinate_search(
    evaluate: Callable[[list[Hyperparameters]], Iterable[Trial]],
    start: Hyperparameters,
    grids: Mapping[str, Sequence[Any]],
    refined: Sequence[str] = (),
    refinement: float = 3.0,
) -> list[Trial]:
    """Try the values of one hyperparameter after the other, each with the best of those before.

    Then refine: try the best value of each in `refined` divided and multiplied by `refinement`.
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
    for name, values in grids.items():
        trials += evaluate(_untried(name, values, trials, start))
    for name in refined:
        centre = getattr(best_trial(trials).hyperparameters, name)
        values = (centre / refinement, centre * refinement)
        trials += evaluate(_untried(name, values, trials, start))
    return trials


def _untried(
    name: str, values: Sequence[Any], trials: Sequence[Trial], start: Hyperparameters
) -> list[Hyperparameters]:
    """Return the best point so far with each of the values, except points already tried."""
    best = best_trial(trials).hyperparameters if trials else start
    tried = {trial.hyperparameters for trial in trials}
    points = [replace(best, **{name: value}) for value in values]
    return [point for point in points if point not in tried]


@dataclass(frozen=True)
class Trial:
    """Hyperparameters, and their validation.

    Attributes
    ----------
    hyperparameters
        The point that was tried.
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
        """The selection cost; infinite if training diverged."""
        return self.validated.get("cost", math.inf)

    def as_record(self, learning_rate: float) -> dict[str, Any]:
        """Return plain data for users, with the absolute learning rate."""
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


class EpochCount:
    """Counts epochs over several training runs, which may be parallel or end early."""

    def __init__(self, on_epoch: OnEpoch | None, total: int, done: int = 0) -> None:
        self._on_epoch = on_epoch
        self._total = total
        self._done = done
        self._lock = threading.Lock()

    def one(self, _: History) -> None:
        """Report another epoch."""
        self.skip(1)

    def skip(self, epochs: int) -> None:
        """Report skipped epochs as done."""
        with self._lock:
            self._done += epochs
            if self._on_epoch is not None:
                self._on_epoch(min(self._done, self._total), self._total)


def trial_threads(n_rows: int, n_parameters: int, settings: Settings) -> int:
    """Return how many trials to run in parallel: one after the other if their steps are small."""
    is_small = min(n_rows, settings.batch_size) * n_parameters < SMALL_STEP
    return 1 if is_small else usable_cores(settings.n_jobs)


@dataclass(frozen=True)
class _Parts:
    """The validation parts, on which hyperparameters are tried."""

    model: ScoreModel
    rows: SearchRows
    settings: Settings
    count: EpochCount

    def try_all(
        self, points: Iterable[Hyperparameters], epochs: int, validations: int = 1
    ) -> list[Trial]:
        """Try all points, some in parallel."""
        one = functools.partial(self._try, epochs=epochs, validations=validations)
        part, _ = self.rows.splits[0]
        n_parameters = self.model.start(part.n_axes, np.random.default_rng(0)).size
        with ThreadPoolExecutor(trial_threads(len(part), n_parameters, self.settings)) as pool:
            return list(pool.map(one, points))

    def _try(self, point: Hyperparameters, epochs: int, validations: int) -> Trial:
        """Train on each training part, and return the trial."""
        histories = []
        for part, validation in self.rows.splits:
            _, history = train(
                self.model,
                part,
                point,
                self.settings,
                epochs=epochs,
                validation=validation,
                validations=validations,
                on_epoch=self.count.one,
            )
            self.count.skip(epochs - len(history.training_loss))
            histories.append(history)
        return Trial.of(point, epochs, histories)


def calibrate(
    model: ScoreModel, rows: SearchRows, settings: Settings, chosen: Hyperparameters, epochs: int
) -> dict[str, float]:
    """Return ``temperature`` and ``least_familiar`` of this training, on the validation parts.

    The parts are small, so that their scores are pooled. Empty without parts.
    """
    scores, labels, weights = [], [], []
    for part, held_out in rows.splits:
        params, history = train(model, part, chosen, settings, epochs=epochs)
        if history.diverged:
            return {}
        block = convert(held_out.rows, part.dtype)
        scores.append(model.scores(params, block, part.scale(chosen.whitening)))
        labels.append(held_out.labels)
        weights.append(np.ones(len(held_out)) if held_out.weights is None else held_out.weights)
    if not scores:
        return {}
    together = np.concatenate(scores)
    temperature = best_temperature(together, np.concatenate(labels), np.concatenate(weights))
    least = least_familiar(familiarity(together, temperature))
    return {"temperature": temperature, "least_familiar": least}


def epochs_to_search(settings: Settings, n_epochs: int) -> int:
    """Return the most epochs of a search on each validation part."""
    grids = settings.grids()
    n_rates = len(grids.pop("rate", (None,)))
    n_refined = sum(name in grids for name in settings.refined)
    n_screened = sum(map(len, grids.values())) + 2 * n_refined
    return n_screened * -(-n_epochs // 2) + n_rates * n_epochs
