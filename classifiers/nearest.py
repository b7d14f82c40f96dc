"""Nearest neighbours: a sample gets the majority class of the closest training samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import Array, Classifier, OnEpoch
from handcraft.classifiers.checks import check_features
from handcraft.classifiers.distances import NEAREST, QUERY_ROWS
from handcraft.classifiers.neighbours import TrainingRows
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.state import State, learned, parameter
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.classifiers.training.search_rows import validation_folds
from handcraft.classifiers.training.train import Settings
from handcraft.classifiers.validation import (
    Validation,
    best_of,
    familiarity,
    if_known,
    least_familiar,
    selection_cost,
    validation_fields,
)

Block = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows to classify, and the rows excluded from voting on them."""

MAX_VALIDATION_ROWS = 3_000
"""The standard error of an accuracy is 0.5 / sqrt(3,000), 0.9 percentage points, at most; more rows
would take as long as a test set."""


def vote(labels: NDArray[np.intp], distances: Array, n_classes: int) -> Array:
    """Return a score for each class: its votes, plus up to half a vote if they are close.

    The half vote decides between classes with equally many votes. It shrinks with the sum of the
    distances of the class's voters, as a share of that of all voters.

    Parameters
    ----------
    labels, distances
        Of the neighbours of each sample, (n_samples, k).

    Returns
    -------
    Array
        float64 (n_samples, n_classes); 0 for a class without votes.

    Examples
    --------
    Two votes beat a closer one; with one vote each the closer wins:

    >>> vote(np.array([[0, 1, 1], [0, 1, 2]]), np.array([[1, 3, 4], [2, 1, 5]]), 3).argmax(axis=1)
    array([1, 1])
    """
    n_samples = len(labels)
    cells = (labels + n_classes * np.arange(n_samples)[:, None]).ravel()
    shape, n_cells = (n_samples, n_classes), n_samples * n_classes
    votes = np.bincount(cells, minlength=n_cells).reshape(shape)
    sums = np.bincount(cells, distances.ravel(), n_cells).reshape(shape)
    totals = sums.sum(axis=1, keepdims=True)
    shares = sums / np.where(totals > 0, totals, 1)
    return votes + (votes > 0) * (1 - shares) / 2


class Trial(NamedTuple):
    """A metric and a k, and their validation, if there was one."""

    metric: str
    k: int
    validation: Validation | None = None
    temperature: float = 1.0
    least_familiar: float = -math.inf

    @classmethod
    def of(cls, metric: str, k: int, scores: Array, truth: NDArray[np.intp]) -> Trial:
        """Judge the scores of validation rows: (n_rows, n_classes)."""
        accuracy = float(np.mean(scores.argmax(axis=1) == truth))
        cost, temperature = selection_cost(scores, truth)
        least = least_familiar(familiarity(scores, temperature))
        return cls(metric, k, Validation(accuracy, cost, len(truth)), temperature, least)

    def as_record(self) -> dict[str, Any]:
        """Return plain data for users."""
        accuracy, cost, _ = self.validation or (None,) * 3
        record = {"metric": self.metric, "k": self.k}
        return record | {"validation_accuracy": accuracy, "validation_cost": cost}


FALLBACK = Trial("l2", 1)
"""Used if there are too few rows to choose on."""


@dataclass(kw_only=True, eq=False)
class NearestNeighbor(Classifier):
    """Classifies a sample by the majority of its k nearest training samples.

    Parameters
    ----------
    k
        Number of neighbours that vote; None: chosen.
    metric
        "l2", the Euclidean distance, or "l1", the sum of absolute differences; None: chosen.
    seed
        Of the validation part on which they are chosen.

    Attributes
    ----------
    best_params_ : dict
        ``metric`` and ``k``, chosen or given.
    validation_accuracy_ : float or None
        With these, in [0, 1]; None if both were given or there were too few rows to choose on.
    search_ : list of dict
        Each ``metric`` and ``k`` that were tried, with ``validation_accuracy`` and
        ``validation_cost``.
    rows_, labels_
        The training rows, and the index of the class of each.
    centre_
        Their mean, (n_features,).

    Notes
    -----
    Training keeps the rows it was given, without a copy: a memory-mapped X stays on disk, X must
    not be changed afterwards, and a model file holds all of it. The work is in the prediction,
    which reads every training row for each `QUERY_ROWS` samples: n_samples x n_training x
    n_features multiplications for "l2", or about as many differences for "l1" (see `nearest_l1`).

    On 4,000 images of CIFAR-10 with raw pixels, and 40,000 training images, the accuracy is 38.3 %
    with "l1" and 35.0 % with "l2", with the chosen k of 7 for both
    (`tests/benchmarks/sweep.py FOLDER nn metric l1 l2 --features raw`).

    Scores are those of `vote`. Of neighbours at equal distances the first in the training set comes
    first, except that any of those as far as the k-th may be left out.

    References
    ----------
    Cover & Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information
    Theory 13(1), 1967.
    """

    name: ClassVar[str] = "nn"
    K_GRID: ClassVar[tuple[int, ...]] = (1, 3, 5, 7, 10)

    k: int | None = parameter(None, kind=int, low=1)
    metric: str | None = parameter(None, kind=str, choices=tuple(sorted(NEAREST)))

    search_: list[dict[str, Any]] = learned(list)
    rows_: Any = learned(np.number, "n_training", "n_features_in_")
    labels_: NDArray[np.intp] = learned(np.intp, "n_training", low=0)
    centre_: Array = learned(np.floating, "n_features_in_")

    @single_threaded()
    def fit(
        self,
        X: ArrayLike | RowMatrix,
        y: ArrayLike,
        on_epoch: OnEpoch | None = None,
        groups: ArrayLike | None = None,
    ) -> Self:
        """Keep the rows and their labels, choose open hyperparameters, and return self.

        Parameters
        ----------
        X, y
            (n_samples, n_features), may be memory-mapped, and labels (n_samples,).
        on_epoch
            Called during the choice, as (blocks of rows done, all blocks), for a progress display.
        groups
            Samples with equal values, such as copies of an image, do not vote on each other in
            validation: (n_samples,). None: all are independent.

        Raises
        ------
        ValueError
            If the data or the parameters are invalid, or k is more than n_samples.
        """
        data = self._begin(X, y, groups=groups)
        if self.k is not None and self.k > len(data.labels):
            raise ValueError(
                f"NearestNeighbor: k={self.k}; expected at most the {len(data.labels)} "
                "training samples"
            )
        training = TrainingRows.of(data.X, data.labels)
        blocks = _validation_blocks(data.labels, self.seed, data.groups)
        trials = self._try_grid(training, blocks, len(data.classes), on_epoch)
        fallback = Trial(self.metric or FALLBACK.metric, self.k or FALLBACK.k)
        best = trials[best_of([trial.validation for trial in trials])] if trials else fallback
        return self._store(
            {
                "classes_": data.classes,
                "n_features_in_": data.X.shape[1],
                "best_params_": {"metric": best.metric, "k": best.k},
                **validation_fields(best.validation),
                "temperature_": best.temperature,
                "least_familiar_": if_known(best.least_familiar),
                "search_": [trial.as_record() for trial in trials],
                "rows_": training.rows,
                "labels_": training.labels,
                "centre_": training.centre,
            }
        )

    def _try_grid(
        self,
        training: TrainingRows,
        blocks: Sequence[Block],
        n_classes: int,
        on_epoch: OnEpoch | None,
    ) -> list[Trial]:
        """Return the trials of metrics and ks; none if there is nothing to choose."""
        if self.metric is not None and self.k is not None:
            return []
        metrics = sorted(NEAREST) if self.metric is None else [self.metric]
        n_left = min((len(training.labels) - len(left_out) for _, left_out in blocks), default=0)
        ks = [k for k in (self.K_GRID if self.k is None else (self.k,)) if k <= n_left]
        n_done, trials = 0, []
        for metric in metrics if ks else []:
            scores = []
            for rows, left_out in blocks:
                X = np.asarray(training.rows[rows])
                labels, distances = training.neighbours(X, metric, max(ks), left_out)
                # The sorted neighbours of one search are used for every k.
                scores.append([vote(labels[:, :k], distances[:, :k], n_classes) for k in ks])
                n_done += 1
                if on_epoch is not None:
                    on_epoch(n_done, len(metrics) * len(blocks))
            truth = training.labels[np.concatenate([rows for rows, _ in blocks])]
            trials += [
                Trial.of(metric, k, np.concatenate(of_k), truth)
                for k, *of_k in zip(ks, *scores, strict=True)
            ]
        return trials

    def to_state(self) -> State:
        """Return plain data, with all training rows."""
        return super().to_state() | {"rows_": np.asarray(self.rows_[:])}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted classifier from `to_state`'s output; see `Classifier.from_state`."""
        classifier = super().from_state(state)
        metric, k = (classifier.best_params_.get(name) for name in ("metric", "k"))
        cls(metric=metric, k=k)._check_parameters()
        is_known = classifier.best_params_.keys() == {"metric", "k"}
        if not is_known or metric is None or k is None or k > len(classifier.labels_):
            raise ValueError(
                f"nn: best_params_ is {classifier.best_params_}; expected a metric, and a k of at "
                f"most the {len(classifier.labels_)} training rows"
            )
        if classifier.labels_.max() >= len(classifier.classes_):
            raise ValueError(
                f"nn: labels_ has {classifier.labels_.max()}; expected less than the "
                f"{len(classifier.classes_)} classes"
            )
        for rows in (classifier.rows_, classifier.centre_[np.newaxis]):
            check_features(rows, cls.__name__)  # not too large to be squared, as in `fit`
        return classifier

    def _scores(self, block: Array) -> Array:
        training = TrainingRows(self.rows_, self.labels_, self.centre_)
        return vote(*training.neighbours(block, **self.best_params_), len(self.classes_))

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.centre_.dtype


def _validation_blocks(
    labels: NDArray[np.intp], seed: int, groups: NDArray[np.intp] | None
) -> list[Block]:
    """Return blocks of validation rows, each with all rows excluded from voting on it.

    These are the rows of the same validation part, and those of the same groups.
    """
    rng = np.random.default_rng(seed)
    folds = validation_folds(labels, rng, Settings(), groups)
    blocks = []
    for _, part in folds:
        n_rows = min(len(part), MAX_VALIDATION_ROWS // len(folds))
        rows = np.sort(rng.choice(part, n_rows, replace=False))
        left_out = rows if groups is None else np.flatnonzero(np.isin(groups, groups[rows]))
        blocks += [(rows[i : i + QUERY_ROWS], left_out) for i in range(0, n_rows, QUERY_ROWS)]
    return blocks
