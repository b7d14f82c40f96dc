"""Nearest neighbours: a sample gets the class of the training samples that are closest to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classifiers.base import Array, Classifier
from classifiers.search import validation_folds
from classifiers.validation import check_features

QUERY_ROWS = 256
"""Rows whose neighbours are looked for in one go."""

CHUNK_VALUES = 2**21
"""Training values compared with these in one go, and distances found: 8 MiB as float32."""

CACHED_VALUES = 2**17
"""Training values of which the differences to one row stay in the cache."""


def l2_distances(X: Array, Y: Array) -> Array:
    r"""Return the Euclidean distances of all pairs of rows, by the expanded square.

    .. math:: \|x - y\|^2 = \|x\|^2 - 2 \, x \cdot y + \|y\|^2

    The products of all pairs are one matrix product. Its rounding errors grow with the lengths of
    x and y and not with their distance, so both should be centred.

    Parameters
    ----------
    X, Y
        (n_x, n_features) and (n_y, n_features), of one float type.

    Returns
    -------
    Array
        (n_x, n_y). Up to `QUERY_ROWS` rows of X, each has the same bits whatever the others are.

    Examples
    --------
    >>> l2_distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 4.0]]))
    array([[5.],
           [0.]])
    """
    # A product of another shape may add up in another order: X always gets as many rows.
    padded = np.zeros((max(len(X), QUERY_ROWS), X.shape[1]), X.dtype)
    padded[: len(X)] = X
    squares = (-2 * padded) @ Y.T
    squares += _squared_lengths(padded)[:, None]
    squares += _squared_lengths(Y)
    return np.sqrt(np.maximum(squares[: len(X)], 0))


def l1_distances(X: Array, Y: Array) -> Array:
    r"""Return the sums of absolute differences of all pairs of rows: (n_x, n_y).

    No product helps here. It takes 0.5 ns for each pair and feature, about 16 times as long as
    `l2_distances`: 12 minutes for 10,000 rows against 50,000 of 3,072 features.

    >>> l1_distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[3.0, 5.0]]))
    array([[8.],
           [1.]])
    """
    distances = np.empty((len(X), len(Y)), X.dtype)
    step = max(1, CACHED_VALUES // Y.shape[1])
    for start in range(0, len(Y), step):
        rows = Y[start : start + step]
        differences = np.empty_like(rows)
        for i, x in enumerate(X):
            np.abs(np.subtract(rows, x, out=differences), out=differences)
            distances[i, start : start + step] = differences.sum(axis=1)
    return distances


def _squared_lengths(X: Array) -> Array:
    squares: Array = np.einsum("ij,ij->i", X, X)
    return squares


METRICS: dict[str, Callable[[Array, Array], Array]] = {"l1": l1_distances, "l2": l2_distances}


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
        One of `METRICS`: "l2", the Euclidean distance, or "l1", the sum of absolute differences.
    seed
        Of the validation part on which k is chosen.

    Attributes
    ----------
    best_params_ : dict
        ``k``, chosen or given.
    validation_accuracy_ : float or None
        With that k, in [0, 1]; None if k was given or there were too few rows to choose on.
    search_ : list of dict
        Each ``k`` that was tried, with its ``validation_accuracy``.

    Notes
    -----
    Training keeps the rows it was given, without a copy: a memory-mapped X stays on disk, X must
    not be changed afterwards, and a model file holds all of it. The work is in the prediction,
    which reads every training row for each `QUERY_ROWS` samples: n_samples x n_training x
    n_features multiplications for "l2", or as many subtractions, at a sixteenth of the speed, for
    "l1".

    Scores are those of `vote`. Of neighbours at the same distance the first in the training set
    is the closer, except that any of those as far as the k-th may be left out.

    References
    ----------
    Cover & Hart, "Nearest neighbor pattern classification", IEEE Transactions on Information
    Theory 13(1), 1967.
    """

    name: ClassVar[str] = "nn"

    k: int | None = None
    metric: str = "l2"

    search_: list[dict[str, Any]] = field(init=False, repr=False)
    rows_: NDArray[Any] = field(init=False, repr=False)
    labels_: NDArray[np.intp] = field(init=False, repr=False)
    centre_: Array = field(init=False, repr=False)

    K_GRID: ClassVar[tuple[int, ...]] = (1, 3, 5, 7, 10)

    MAX_VALIDATION_ROWS: ClassVar[int] = 5_000
    """Enough to know an accuracy to 0.7 points; more would take as long as a test set."""

    def fit(
        self, X: ArrayLike, y: ArrayLike, on_epoch: Callable[[int, int], None] | None = None
    ) -> Self:
        """Keep the rows and their labels, choose k if it is None, and return self.

        Parameters
        ----------
        X, y
            (n_samples, n_features), may be memory-mapped, and labels (n_samples,).
        on_epoch
            Called while k is chosen, as (blocks of rows done, blocks in all), for a progress
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
        self.search_ = self._try_grid(on_epoch) if self.k is None else []
        if self.search_:
            best = max(self.search_, key=lambda trial: trial["validation_accuracy"])
            self.best_params_ = {"k": best["k"]}
            self.validation_accuracy_ = best["validation_accuracy"]
        else:
            self.best_params_, self.validation_accuracy_ = {"k": self.k or 1}, None
        return self

    def _check_parameters(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(
                f"NearestNeighbor: metric={self.metric!r}, expected one of {sorted(METRICS)}"
            )
        if self.k is not None and not 1 <= self.k <= len(self.rows_):
            raise ValueError(
                f"NearestNeighbor: k={self.k!r}, expected a number from 1 to the "
                f"{len(self.rows_)} training samples"
            )

    def _try_grid(self, on_epoch: Callable[[int, int], None] | None) -> list[dict[str, Any]]:
        """Return the accuracy of each k on validation parts; nothing if there are few rows.

        The sorted neighbours of one search serve every k.
        """
        correct = []
        blocks = self._validation_blocks()
        for done, (rows, left_out) in enumerate(blocks, start=1):
            labels, distances = self._neighbours(self.rows_[rows], max(self.K_GRID), left_out)
            scores = [
                vote(labels[:, :k], distances[:, :k], len(self.classes_)) for k in self.K_GRID
            ]
            correct.append(np.argmax(scores, axis=2) == self.labels_[rows])
            if on_epoch is not None:
                on_epoch(done, len(blocks))
        if not blocks:
            return []
        accuracies = np.concatenate(correct, axis=1).mean(axis=1).tolist()
        return [
            {"k": k, "validation_accuracy": accuracy}
            for k, accuracy in zip(self.K_GRID, accuracies, strict=True)
        ]

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
        return vote(*self._neighbours(block, self.best_params_["k"]), len(self.classes_))

    @property
    def _dtype(self) -> np.dtype[Any]:
        return self.centre_.dtype

    def _neighbours(
        self, X: NDArray[Any], k: int, left_out: NDArray[np.intp] | None = None
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
            indices[block], distances[block] = self._search(self._centred(X[block]), k, counts)
        return self.labels_[indices], distances

    def _search(
        self, block: Array, k: int, counts: NDArray[np.bool_]
    ) -> tuple[NDArray[np.intp], Array]:
        """Return the indices and distances of the k nearest rows, found chunk by chunk."""
        indices = np.zeros((len(block), k), np.intp)
        distances = np.full((len(block), k), np.inf, self._dtype)
        step = max(1, CHUNK_VALUES // max(self.n_features_in_, QUERY_ROWS))
        for start in range(0, len(self.rows_), step):
            chunk = slice(start, start + step)
            found = METRICS[self.metric](block, self._centred(self.rows_[chunk]))
            found[:, ~counts[chunk]] = np.inf
            found_indices = np.broadcast_to(start + np.arange(found.shape[1]), found.shape)
            distances = np.concatenate([distances, found], axis=1)
            indices = np.concatenate([indices, found_indices], axis=1)
            nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
            distances = np.take_along_axis(distances, nearest, axis=1)
            indices = np.take_along_axis(indices, nearest, axis=1)
        order = np.lexsort((indices, distances))
        indices = np.take_along_axis(indices, order, axis=1)
        return indices, np.take_along_axis(distances, order, axis=1)

    def _centred(self, X: NDArray[Any]) -> Array:
        """Return rows less the mean of the training rows, which changes no distance."""
        centred: Array = np.subtract(X, self.centre_, dtype=self._dtype, casting="same_kind")
        return centred
