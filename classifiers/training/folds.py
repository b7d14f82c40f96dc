"""Validation parts of the training rows: stratified folds, on large sets of a sample."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.training.principal_axes import enough_rows
from handcraft.classifiers.training.settings import Settings
from handcraft.data.splits import grouped_stratified_folds

Rows = NDArray[np.intp]

Fold = tuple[Rows, Rows]
"""Positions of the rows to train on and of those to validate on."""


def search_folds(
    labels: NDArray[np.intp],
    n_features: int,
    rng: np.random.Generator,
    settings: Settings,
    groups: NDArray[np.intp] | None = None,
) -> list[Fold]:
    """Return positions to train on and to validate on; on large sets, of a random sample.

    It is a quarter of the rows at least, and `search_rows`: with far fewer rows another whitening
    is the best.
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

    A validation part is a fifth of the rows. There are as many parts, up to five, as it takes to
    validate enough rows, and none where there are too few to choose on. The only row of a class
    stays in training, and so do the rows of a class that is one group.

    Parameters
    ----------
    labels
        The class of each row, (n_rows,).
    groups
        Rows of the same value are on the same side, (n_rows,); None if each may go alone.
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
