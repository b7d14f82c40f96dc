"""Validation parts of the training rows: stratified folds, whitened, shared by classifiers."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import TrainingData
from handcraft.classifiers.training.eigenvectors import are_few
from handcraft.classifiers.training.principal_axes import WhitenedRows, enough_rows
from handcraft.classifiers.training.row_space import RowSpace
from handcraft.classifiers.training.train import Settings
from handcraft.data.splits import grouped_stratified_folds

Rows = NDArray[np.intp]

Fold = tuple[Rows, Rows]
"""Indices of the rows to train on and of those to validate on."""

Split = tuple[WhitenedRows, WhitenedRows]
"""Training part and validation part, along the same axes."""


@dataclass(frozen=True)
class SearchRows:
    """The data shared by all searches on the same rows.

    Attributes
    ----------
    data
        The checked data.
    splits
        Training and validation parts; empty for `whole_rows`.
    enough
        Whether there are enough rows to choose on; if not, the parts only calibrate probabilities.
    whole
        All rows along their axes, if known: from `space`, or from the parts.
    rest
        If a sample was searched, all rows that may be trained on with its validation part held out.
    row_share
        If a sample was searched, the share of all rows in its training part; otherwise 1.
    space
        The span of few long rows, if `data` are their coordinates in it; see `RowSpace`.
    """

    data: TrainingData
    splits: list[Split]
    enough: bool = True
    whole: WhitenedRows | None = None
    rest: WhitenedRows | None = None
    row_share: float = 1.0
    space: RowSpace | None = None

    @property
    def original(self) -> TrainingData:
        """The original data."""
        return self.data if self.space is None else self.space.whole

    @property
    def n_final_runs(self) -> int:
        """The number of final trainings: with a `rest`, one more to validate."""
        return 1 if self.rest is None else 2


def whole_rows(data: TrainingData, settings: Settings) -> SearchRows:
    """Return the rows without parts, for settings found and calibrated on other rows."""
    if not are_few(len(data.rows), data.X.shape[1]):
        return SearchRows(data, [])
    space = RowSpace.of(data, settings.n_jobs)
    return SearchRows(space.coordinates, [], whole=space.whitened, space=space)


def search_rows(original: TrainingData, settings: Settings) -> SearchRows:
    """Split off validation parts and whiten, for searches of one or several classifiers.

    With one fold and plenty of rows the axes are computed once from all rows, without labels. With
    few rows the validation part must not influence the axes, which nearly memorise their rows.
    """
    whole = whole_rows(original, settings)
    data = whole.data
    rng = np.random.default_rng(settings.seed)
    rows = data.rows
    groups = None if data.groups is None else data.groups[rows]
    folds = search_folds(data.labels[rows], data.X.shape[1], rng, settings, groups)
    enough, parted = bool(folds), data
    if not enough:
        parted, rows = _without_copies(data, original)
        groups = None if data.groups is None else data.groups[rows]
        folds = all_folds(data.labels[rows], rng, settings, groups)
    if whole.space is None and len(folds) == 1 and enough_rows(len(rows), data.X.shape[1]):
        return _along_common_axes(data, groups, folds[0], settings.n_jobs)
    splits = []
    for training, validation in folds:
        part = WhitenedRows.learn(parted, rows[training], settings.n_jobs)
        other = part.project(parted, rows[validation], settings.n_jobs)
        splits.append((part.without_axes(), other.without_axes()))
    return replace(whole, splits=splits, enough=enough)


def _without_copies(data: TrainingData, original: TrainingData) -> tuple[TrainingData, Rows]:
    """Return the data with equal rows of a class merged into one of their total weight, and which.

    So a repeated row is never on both sides of a part, and a weight of 2 is the same as repeating
    the row. The order is by a hash of `original`, independent of the order of the rows.
    """
    # Slices, as a `RowMatrix` has no single rows.
    labelled = ((np.asarray(original.X[i : i + 1]), original.labels[i]) for i in original.rows)
    digests = [hashlib.sha256(x.tobytes() + label.tobytes()).digest() for x, label in labelled]
    _, first, which = np.unique(digests, return_index=True, return_inverse=True)
    rows, weights = data.rows, np.zeros(len(data.labels))
    weights[rows[first]] = np.bincount(which, None if data.weights is None else data.weights[rows])
    return replace(data, weights=weights), rows[first]


def _along_common_axes(
    data: TrainingData, groups: NDArray[np.intp] | None, fold: Fold, n_jobs: int | None
) -> SearchRows:
    """Whiten all rows, with those of each part contiguous, so that no part is a copy."""
    rows, (training, validation) = data.rows, fold
    others = np.setdiff1d(np.arange(len(rows)), np.concatenate(fold))
    kin = others[:0] if groups is None else others[np.isin(groups[others], groups[validation])]
    others = np.setdiff1d(others, kin)
    order = np.concatenate([validation, kin, training, others])
    whole = WhitenedRows.learn(data, rows[order], n_jobs)
    first = len(validation) + len(kin)
    part = whole.part(slice(first, first + len(training)))
    splits = [(part, whole.part(slice(len(validation))))]
    if len(training) + len(validation) == len(rows):
        return SearchRows(data, splits, whole=whole)
    rest = whole.part(slice(first, None))
    share = len(training) / len(rows)
    return SearchRows(data, splits, whole=whole, rest=rest, row_share=share)


def search_folds(
    labels: NDArray[np.intp],
    n_features: int,
    rng: np.random.Generator,
    settings: Settings,
    groups: NDArray[np.intp] | None = None,
) -> list[Fold]:
    """Return indices to train on and to validate on; for large sets, of a random sample.

    The sample is at least a quarter of the rows, and at least `search_rows`: with far fewer rows
    another whitening is best.
    """
    n_wanted = max(settings.search_values // n_features, len(labels) // 4, settings.search_rows)
    sample = np.arange(len(labels))
    if n_wanted < len(labels) and enough_rows(len(labels), n_features):
        sample = np.sort(rng.choice(len(labels), n_wanted, replace=False))
    groups = None if groups is None else groups[sample]
    folds = validation_folds(labels[sample], rng, settings, groups)
    return [(sample[a], sample[b]) for a, b in folds]


def validation_folds(
    labels: NDArray[np.intp],
    rng: np.random.Generator,
    settings: Settings,
    groups: NDArray[np.intp] | None = None,
) -> list[Fold]:
    """Return pairs of training and validation rows, with every class in proportion.

    A validation part is a fifth of the rows. There are up to five parts, as needed to validate
    enough rows, and none if there are too few to choose on. The only row of a class stays in
    training, and so do the rows of a class that is one group.

    Parameters
    ----------
    labels
        The class of each row, (n_rows,).
    groups
        Rows with equal values stay on the same side, (n_rows,); None if all are independent.
    """
    n_rows, n_folds = len(labels), settings.n_folds
    if n_rows < settings.min_rows:
        return []
    folds = all_folds(labels, rng, settings, groups)
    n_used = min(n_folds, math.ceil(settings.enough_validated / (n_rows / n_folds)))
    if sum(len(validation) for _, validation in folds[:n_used]) < settings.min_validated:
        return []  # hardly more than one row of each class
    return folds[:n_used]


def all_folds(
    labels: NDArray[np.intp],
    rng: np.random.Generator,
    settings: Settings,
    groups: NDArray[np.intp] | None = None,
) -> list[Fold]:
    """Return pairs of training and validation rows, each fifth in turn; see `validation_folds`."""
    if groups is None:
        fold = _stratified_folds(labels, settings.n_folds, rng)
    else:
        fold = grouped_stratified_folds(labels, groups, settings.n_folds, rng)
    parts = [
        (np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(settings.n_folds)
    ]
    return [(training, validation) for training, validation in parts if len(validation)]


def _stratified_folds(labels: Rows, n_folds: int, rng: np.random.Generator) -> Rows:
    """Return the fold of each row, n_folds for the only row of a class: in turn, at random."""
    fold = np.empty(len(labels), np.intp)
    counts = np.bincount(labels)
    next_fold = 0
    for label in np.flatnonzero(counts):
        members = rng.permutation(np.flatnonzero(labels == label))
        fold[members] = (next_fold + np.arange(len(members))) % n_folds
        next_fold += len(members)
    fold[counts[labels] == 1] = n_folds
    return fold
