"""Classifiers that choose by themselves how they are trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import OnEpoch
from handcraft.classifiers.checks import check_weights
from handcraft.classifiers.numerics.threads import single_threaded, usable_cores
from handcraft.classifiers.training.coordinate_search import (
    Setting,
    Trial,
    best_trial,
    coordinate_search,
    search_folds,
)
from handcraft.classifiers.training.descent import Descent
from handcraft.classifiers.training.epoch_count import EpochCount
from handcraft.classifiers.training.whitened_rows import (
    Split,
    TrainingData,
    WhitenedSet,
    split_for_search,
)


@dataclass(kw_only=True, eq=False)
class GradientTrained(Descent):
    """A classifier by gradient descent that chooses what it is not given on a validation part.

    The parameters are those of `Descent`.

    Attributes
    ----------
    best_params_ : dict
        ``learning_rate``, ``reg``, ``whitening`` and ``epochs``, chosen or given.
    validation_accuracy_ : float or None
        Of the chosen values, in [0, 1]; None if nothing was chosen on a validation part.
    validation_cost_ : float or None
        Likewise; see `validation_cost`.
    search_ : list of dict
        What was tried, in order, with its validation accuracy and loss.
    history_ : dict
        Learning curves of the chosen values (see `History`), with those on the validation part if
        there was one.

    Notes
    -----
    What is None is chosen one after the other, whitening, regularisation, learning rate, and the
    first two once more in smaller steps, by `validation_cost` on a stratified fifth of the rows
    (of a sample if they are many, on several fifths in turn if they are few; with fewer than 100
    rows the values are fixed ones).
    The classifier is then trained on all rows for as many epochs as were best. With all three
    given there is no validation part.
    """

    validation_cost_: float | None = field(init=False, repr=False)
    search_: list[dict[str, Any]] = field(init=False, repr=False)
    history_: dict[str, Any] = field(init=False, repr=False)

    WHITENING_GRID: ClassVar[tuple[float, ...]] = (1e-4, 1e-3, 0.01, 0.1, 1.0, 10.0, 100.0)
    REG_GRID: ClassVar[tuple[float, ...]] = (1e-3, 1e-2, 1e-1, 1.0)
    RATE_GRID: ClassVar[tuple[float, ...]] = (0.1, 0.03, 0.3, 1.0)
    """Learning rates tried, as shares of `WhitenedSet.safe_rate`."""

    REFINED: ClassVar[tuple[str, ...]] = ("whitening", "reg")
    """What is looked at more closely in the end; see `coordinate_search`."""

    FALLBACK: ClassVar[Setting] = {"whitening": 10.0, "reg": 1e-2, "rate": 0.1}
    """Where the search starts, and what is used where there are too few rows to choose on."""

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        on_epoch: OnEpoch | None = None,
    ) -> Self:
        """Choose what is to be chosen, train on all rows, and return self.

        Parameters
        ----------
        X
            (n_samples, n_features), may be memory-mapped. Float32 is computed with as float32.
        y
            Labels, (n_samples,).
        sample_weight
            How much each sample counts, (n_samples,); a weight of 2 is the sample twice.
        on_epoch
            Called after each epoch, for a progress display.

        Raises
        ------
        ValueError
            If the data or the parameters are not valid.
        FloatingPointError
            If training diverges with the learning rate given.
        """
        self._check_parameters()
        data, rows = self._training_data(X, y, sample_weight)
        self.loss_, self.search_ = self._losses[0], []
        n_epochs = self._n_epochs(len(rows))
        fixed, grids = self._fixed_and_open()
        rng = np.random.default_rng(self.seed)
        folds = search_folds(data.labels[rows], data.X.shape[1], rng)
        n_trials = sum(len(grid) + 2 * (name in self.REFINED) for name, grid in grids.items())
        n_searched = n_trials * len(self._losses) * len(folds)
        share = len(np.concatenate(folds[0])) / len(rows) if folds else 1.0
        n_search_epochs = n_epochs if share == 1 else -(-n_epochs // 2)
        progress = EpochCount(on_epoch, n_searched * n_search_epochs + n_epochs)
        best, whole = Trial(fixed, epochs=n_epochs), None
        if grids and folds:
            splits, whole = split_for_search(data, rows, folds)
            best = self._choose(fixed, grids, splits, n_search_epochs, progress)
            if share < 1:
                row_share = len(folds[0][0]) / len(rows)
                best = self._for_all_rows(best, row_share, n_search_epochs / n_epochs, n_epochs)
            del splits
        self._train_on_all(whole or WhitenedSet.learn(data, rows), best, progress)
        return self

    def _training_data(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> tuple[TrainingData, NDArray[np.intp]]:
        """Return checked data, and the rows whose weight is not 0."""
        features, labels = self._check_training_data(X, y)
        weights = check_weights(
            sample_weight, self.class_weight, labels, self.classes_, type(self).__name__
        )
        rows = np.arange(len(labels)) if weights is None else np.flatnonzero(weights)
        return TrainingData(features, labels, weights), rows

    def _fixed_and_open(self) -> tuple[Setting, dict[str, Sequence[float]]]:
        """Return the setting to start from, and the values to try of what was not given."""
        fixed = dict(self.FALLBACK)
        grids: dict[str, Sequence[float]] = {}
        for name, grid in (("whitening", self.WHITENING_GRID), ("reg", self.REG_GRID)):
            value = getattr(self, name)
            if value is None:
                grids[name] = grid
            else:
                fixed[name] = value
        if self.learning_rate is None:
            grids["rate"] = self.RATE_GRID
        return fixed, grids

    def _choose(
        self,
        fixed: Setting,
        grids: Mapping[str, Sequence[float]],
        splits: Sequence[Split],
        n_epochs: int,
        progress: EpochCount,
    ) -> Trial:
        """Return the best setting on the validation parts with the best loss, and note that."""
        best = {}
        for loss in self._losses:
            self.loss_ = loss
            best[loss] = self._search(fixed, grids, splits, n_epochs, progress)
        self.loss_ = min(best, key=lambda loss: best[loss].cost)
        return best[self.loss_]

    def _for_all_rows(
        self, best: Trial, row_share: float, epoch_share: float, n_epochs: int
    ) -> Trial:
        """Return the best trial, with a share of the rows and of the epochs, as it suits all.

        The penalty is a prior's part in a mean over rows, 1 / n; so is, in effect, the whitening's
        eps, which holds down weights that n rows tell little of. The best learning rate goes with
        one over the root of the number of steps (Nemirovski, Juditsky, Lan & Shapiro, "Robust
        Stochastic Approximation Approach to Stochastic Programming", 2009). A sample overfits
        sooner than all rows: it says nothing of their epochs.
        """
        setting = dict(best.setting)
        for name in ("whitening", "reg"):
            if getattr(self, name) is None:
                setting[name] *= row_share
        setting["rate"] *= math.sqrt(row_share * epoch_share)
        return replace(best, setting=setting, epochs=n_epochs)

    def _search(
        self,
        fixed: Setting,
        grids: Mapping[str, Sequence[float]],
        splits: Sequence[Split],
        n_epochs: int,
        progress: EpochCount,
    ) -> Trial:
        """Return the best setting with the present loss, and note all that were tried."""

        def evaluate(setting: Setting) -> Trial:
            """Train on each training part, and summarise."""
            histories = [
                self._train(part, setting, n_epochs, progress, validation)[1]
                for part, validation in splits
            ]
            return Trial.from_histories(setting, histories)

        with single_threaded(), ThreadPoolExecutor(usable_cores()) as pool:
            trials = coordinate_search(
                lambda settings: pool.map(evaluate, settings),
                fixed,
                grids,
                refine=[name for name in self.REFINED if name in grids],
            )
        self.search_ += [
            {"loss": self.loss_} | trial.as_record(self._learning_rate(splits[0][0], trial.setting))
            for trial in trials
        ]
        return best_trial(trials)

    def _train_on_all(self, whole: WhitenedSet, best: Trial, progress: EpochCount) -> None:
        """Train on all rows with the best setting, and keep the result."""
        with single_threaded():
            params, history = self._train(whole, best.setting, best.epochs, progress)
        rate = self._learning_rate(whole, best.setting)
        if history.diverged:
            raise FloatingPointError(
                f"{type(self).__name__}: training diverged in epoch {len(history.training_loss)} "
                f"with learning_rate={rate:g}; give a lower one, or None to have it chosen"
            )
        self.best_params_ = {
            "learning_rate": rate,
            "reg": best.setting["reg"],
            "whitening": best.setting["whitening"],
            "epochs": best.epochs,
        }
        self.validation_accuracy_ = best.accuracy
        self.validation_cost_ = None if best.accuracy is None else best.cost
        self.history_ = asdict(best.history or history)
        self._keep(params, whole, best.setting["whitening"])
