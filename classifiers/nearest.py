"""Nearest neighbours: a sample gets the class of the training samples that are closest to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.classifiers.base import Array, Classifier
from handcraft.classifiers.checks import check_features
from handcraft.classifiers.distances import NEAREST, QUERY_ROWS
from handcraft.classifiers.training.coordinate_search import validation_folds

CHUNK_VALUES = 2**23
"""Training values compared with `QUERY_ROWS` rows in one go: 32 MiB as float32."""


def vote(labels: NDArray[np.intp], distances: Array, n_classes: int) -> Array:
    """Return a score for each class: its votes, and up to half a vote more if they are close.

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
    Two votes beat one that is closer; of one vote each the closer counts:

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


@dataclass(kw_only=True, eq=False)
class NearestNeighbor(Classifier):
    """Classifies a sample by the majority of its k nearest training samples.

    Parameters
    ----------
    k
        How many neighbours vote; None: chosen.
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
        Each ``metric`` and ``k`` that were tried, with their ``validation_accuracy``.

    Notes
    -----
    Training keeps the rows it was given, without a copy: a memory-mapped X stays on disk, X must
    not be changed afterwards, and a model file holds all of it. The work is in the prediction,
    which reads every training row for each `QUERY_ROWS` samples: n_samples x n_training x
    n_features multiplications for "l2", or about as many differences for "l1" (see `nearest_l1`).

    Of 4,000 images of CIFAR-10 with raw pixels, and 40,000 others to learn from, "l1" gets 38.3 %
    right and "l2" 35.0 %, with the k that is chosen for each, 7.

    Scores are those of `vote`. Of neighbours at the same distance the first in the training set
    is the closer, except that any of those as far as the k-th may be left out.

    References
    ----------
    Cover & Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information
    Theory 13(1), 1967.
    """

    name: ClassVar[str] = "nn"

    k: int | None = None
    metric: str | None = None

    search_: list[dict[str, Any]] = field(init=False, repr=False)
    rows_: NDArray[Any] = field(init=False, repr=False)
    labels_: NDArray[np.intp] = field(init=False, repr=False)
    centre_: Array = field(init=False, repr=False)

    K_GRID: ClassVar[tuple[int, ...]] = (1, 3, 5, 7, 10)
    FALLBACK: ClassVar[dict[str, Any]] = {"metric": "l2", "k": 1}
    """What is used where there are too few rows to choose on."""

    MAX_VALIDATION_ROWS: ClassVar[int] = 3_000
    """Enough to know an accuracy to 0.9 points; more would take as long as a test set."""

    def fit(
        self, X: ArrayLike, y: ArrayLike, on_epoch: Callable[[int, int], None] | None = None
    ) -> Self:
        """Keep the rows and their labels, choose what is to be chosen, and return self.

        Parameters
        ----------
        X, y
            (n_samples, n_features), may be memory-mapped, and labels (n_samples,).
        on_epoch
            Called while it chooses, as (blocks of rows done, blocks in all), for a progress
            display.

        Raises
        ------
        ValueError
            If the data are not valid, the metric is unknown, or k is not from 1 to n_samples.
        """
        self.rows_, self.labels_ = self._check_training_data(X, y)
        self._check_parameters()
        dtype = np.result_type(self.rows_.dtype, np.float32)
        self.centre_ = self.rows_.mean(axis=0, dtype=np.float64).astype(dtype)
        given = {n: v for n, v in (("metric", self.metric), ("k", self.k)) if v is not None}
        self.search_ = self._try_grid(on_epoch) if len(given) < 2 else []
        best = max(self.search_, key=lambda trial: trial["validation_accuracy"], default={})
        self.best_params_ = {name: best.get(name, v) for name, v in (self.FALLBACK | given).items()}
        self.validation_accuracy_ = best.get("validation_accuracy")
        return self

    def _check_parameters(self) -> None:
        if self.metric is not None and self.metric not in NEAREST:
            raise ValueError(
                f"NearestNeighbor: metric={self.metric!r}, expected one of {sorted(NEAREST)}"
            )
        if self.k is not None and not 1 <= self.k <= len(self.rows_):
            raise ValueError(
                f"NearestNeighbor: k={self.k!r}, expected a number from 1 to the "
                f"{len(self.rows_)} training samples"
            )

    def _try_grid(self, on_epoch: Callable[[int, int], None] | None) -> list[dict[str, Any]]:
        """Return the accuracies of metrics and ks on validation parts; none if rows are few."""
        metrics = sorted(NEAREST) if self.metric is None else [self.metric]
        k_grid = self.K_GRID if self.k is None else (self.k,)
        blocks = self._validation_blocks()
        n_done, trials = 0, []
        for metric in metrics if blocks else []:
            correct = []
            for rows, left_out in blocks:
                correct.append(self._correct(rows, left_out, metric, k_grid))
                n_done += 1
                if on_epoch is not None:
                    on_epoch(n_done, len(metrics) * len(blocks))
            accuracies = np.concatenate(correct, axis=1).mean(axis=1).tolist()
            trials += [
                {"metric": metric, "k": k, "validation_accuracy": accuracy}
                for k, accuracy in zip(k_grid, accuracies, strict=True)
            ]
        return trials

    def _correct(
        self,
        rows: NDArray[np.intp],
        left_out: NDArray[np.intp],
        metric: str,
        k_grid: Sequence[int],
    ) -> NDArray[np.bool_]:
        """Return whether training rows are classified correctly by the rest: (n_k, n_rows).

        The sorted neighbours of one search serve every k.
        """
        X = self.rows_[rows]
        labels, distances = self._neighbours(X, metric, max(k_grid), left_out)
        scores = [vote(labels[:, :k], distances[:, :k], len(self.classes_)) for k in k_grid]
        correct: NDArray[np.bool_] = np.argmax(scores, axis=2) == self.labels_[rows]
        return correct

    def _validation_blocks(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Return blocks of validation rows, each with all rows of the part that it belongs to."""
        rng = np.random.default_rng(self.seed)
        folds = validation_folds(self.labels_, rng)
        blocks = []
        for _, part in folds:
            n_rows = min(len(part), self.MAX_VALIDATION_ROWS // len(folds))
            rows = np.sort(rng.choice(part, n_rows, replace=False))
            blocks += [(rows[i : i + QUERY_ROWS], rows) for i in range(0, n_rows, QUERY_ROWS)]
        return blocks

    def _all_scores(self, X: ArrayLike) -> Array:
        self._check_fitted()
        return self._scores(check_features(X, type(self).__name__, self.n_features_in_))

    def _scores(self, block: NDArray[Any]) -> Array:
        return vote(*self._neighbours(block, **self.best_params_), len(self.classes_))

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.centre_.dtype

    def _neighbours(
        self, X: NDArray[Any], metric: str, k: int, left_out: NDArray[np.intp] | None = None
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the labels and distances of the k nearest training rows, the nearest first.

        Both are (n_samples, k). Training rows with an index in `left_out` don't count.
        """
        counts = np.ones(len(self.rows_), bool)
        if left_out is not None:
            counts[left_out] = False
        indices = np.empty((len(X), k), np.intp)
        distances = np.empty((len(X), k), self._dtype)
        for start in range(0, len(X), QUERY_ROWS):
            block = slice(start, start + QUERY_ROWS)
            nearest = self._search(self._centred(X[block]), metric, k, counts)
            indices[block], distances[block] = nearest
        return self.labels_[indices], distances

    def _search(
        self, block: Array, metric: str, k: int, counts: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the indices and distances of the k nearest rows, found chunk by chunk."""
        indices = np.empty((len(block), 0), np.intp)
        distances = np.empty((len(block), 0), self._dtype)
        step = max(1, CHUNK_VALUES // max(self.n_features_in_, QUERY_ROWS))
        for start in range(0, len(self.rows_), step):
            chunk = self._centred(self.rows_[start : start + step])
            kept = np.flatnonzero(counts[start : start + step])
            if len(kept) < len(chunk):
                chunk = chunk[kept]
            found, found_indices = NEAREST[metric](block, chunk, k)
            distances = np.concatenate([distances, found], axis=1)
            indices = np.concatenate([indices, start + kept[found_indices]], axis=1)
            # Those found first come first among equals.
            nearest = np.lexsort((indices, distances))[:, :k]
            distances = np.take_along_axis(distances, nearest, axis=1)
            indices = np.take_along_axis(indices, nearest, axis=1)
        return indices, distances

    def _centred(self, X: NDArray[Any]) -> Array:
        """Return rows less the mean of the training rows, which changes no distance."""
        centred: Array = np.subtract(X, self.centre_, dtype=self._dtype, casting="same_kind")
        return centred
