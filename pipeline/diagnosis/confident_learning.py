"""Doubtful labels, from the predictions of models on images that they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.data.splits import grouped_stratified_folds
from handcraft.pipeline.diagnosis.subsets import scored_blocks, stratified_order

Labels = NDArray[np.intp]
Probabilities = NDArray[np.floating[Any]]

N_FOLDS = 5

MAX_LEARNED = 2_000
"""Training rows of each fold's model; a stratified sample where there are more, so that the time,
which grows with the cube of them, is a tenth of a run's. Five times 4,000 long rows would take two
minutes on two cores."""


class FoldModel(Protocol):
    """A classifier trained on the other folds."""

    @property
    def classes_(self) -> NDArray[Any]:
        """The labels that it was trained on: (n_classes,)."""

    def predict_proba(self, X: RowMatrix) -> Probabilities:
        """Return the probability of each class: (n_samples, n_classes)."""


Learn = Callable[[RowMatrix, Labels], FoldModel]


@dataclass(frozen=True)
class Doubts:
    """Images whose label is doubtful, the most doubtful first.

    Attributes
    ----------
    images
        Their indices: (n_doubtful,).
    likely
        The likely class of each: (n_doubtful,).
    p_given, p_likely
        The probability of the label and of the likely class: (n_doubtful,), in [0, 1].
    accuracy
        Cross-validated, of the models: where it is low, most doubts are the models' own mistakes.
    """

    images: Labels
    likely: Labels
    p_given: Probabilities
    p_likely: Probabilities
    accuracy: float


def doubtful_labels(
    learn: Learn,
    rows: RowMatrix,
    labels: Labels,
    groups: Labels,
    on_fold: Callable[[int], None] = lambda _: None,
    n_jobs: int | None = 1,
) -> Doubts:
    """Find doubtful labels by cross-validation: each fold is judged by a model of the others.

    Parameters
    ----------
    learn
        Trains a classifier on rows and their labels.
    rows
        (n_images, n_features).
    labels, groups
        The class and the group of each image, such as copies, which one fold keeps together:
        (n_images,).
    on_fold
        Called as ``on_fold(1)`` after each fold.
    n_jobs
        Folds at the same time; None: one per core.
    """
    folds = grouped_stratified_folds(labels, groups, N_FOLDS, np.random.default_rng(0))
    judged = np.flatnonzero(folds < N_FOLDS)
    probabilities = held_out_probabilities(learn, rows, labels, folds, on_fold, n_jobs)[judged]
    suspects, likely = confident_suspects(probabilities, labels[judged])
    return Doubts(
        judged[suspects],
        likely,
        probabilities[suspects, labels[judged[suspects]]],
        probabilities[suspects, likely],
        float(np.mean(probabilities.argmax(axis=1) == labels[judged])) if len(judged) else 0.0,
    )


def held_out_probabilities(
    learn: Learn,
    rows: RowMatrix,
    labels: Labels,
    folds: Labels,
    on_fold: Callable[[int], None] = lambda _: None,
    n_jobs: int | None = 1,
) -> Probabilities:
    """Return out-of-fold class probabilities of each image: (n_images, n_classes).

    An image of no fold, `N_FOLDS`, is in all training parts, and its probabilities are 0.
    """
    probabilities = np.zeros((len(labels), int(labels.max()) + 1))
    models = []
    with ThreadPoolExecutor(usable_cores(n_jobs)) as pool:
        for model in pool.map(partial(_learned, learn, rows, labels, folds), range(N_FOLDS)):
            models.append(model)
            on_fold(1)
        # One pass over the rows for all models: reading scattered rows takes longer.
        list(pool.map(partial(_judge, models, rows, folds, probabilities), scored_blocks(rows)))
    return probabilities


def _learned(learn: Learn, rows: RowMatrix, labels: Labels, folds: Labels, fold: int) -> FoldModel:
    """Return a model of all folds but one."""
    others = np.flatnonzero(folds != fold)
    chosen = others[stratified_order(labels[others], seed=fold)[:MAX_LEARNED]]
    return learn(rows[chosen], labels[chosen])


def _judge(
    models: Sequence[FoldModel],
    rows: RowMatrix,
    folds: Labels,
    probabilities: Probabilities,
    part: slice,
) -> None:
    """Fill in the probabilities of a block of neighbouring images."""
    block = rows[part]
    for fold, model in enumerate(models):
        held_out = np.flatnonzero(folds[part] == fold)
        if len(held_out):
            places = np.ix_(part.start + held_out, model.classes_)
            probabilities[places] = model.predict_proba(block[held_out])


def confident_suspects(probabilities: Probabilities, labels: Labels) -> tuple[Labels, Labels]:
    """Return the images with doubtful labels, the most doubtful first, and their likely classes.

    Confident learning (Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
    dataset labels", 2021, doi:10.1613/jair.1.12125). A class is plausible for an image if its
    probability reaches the mean of that class over the images with this label. A label is doubtful
    if another class is the most probable of the plausible ones: the images off the diagonal of the
    confident joint. They are sorted by the probability of the label minus that of the likely class.

    Parameters
    ----------
    probabilities
        Out-of-fold probability of each class for each image: (n_images, n_classes).
    labels
        (n_images,).
    """
    images = np.arange(len(labels))
    given = probabilities[images, labels]
    sums = np.bincount(labels, given, minlength=probabilities.shape[1])
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    plausible = np.where(probabilities >= thresholds, probabilities, -1)
    likely = plausible.argmax(axis=1)
    suspects = np.flatnonzero((plausible.max(axis=1) >= 0) & (likely != labels))
    margins = given[suspects] - probabilities[suspects, likely[suspects]]
    suspects = suspects[np.argsort(margins, kind="stable")]
    return suspects, likely[suspects]
