"""Worst mistakes, least certain predictions, and confused classes of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

Labels = NDArray[np.intp]
Probabilities = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ClassPair:
    """A true and a predicted class: a cell of the confusion matrix.

    `images` are the indices of the test images of class `true` predicted as `predicted`; `share` is
    their share of all images of class `true`, in [0, 1].
    """

    true: int
    predicted: int
    images: Labels
    share: float


def worst_mistakes(labels: Labels, probabilities: Probabilities, n_most: int) -> Labels:
    """Return the misclassified images of the highest loss -log p(true class), the worst first.

    Parameters
    ----------
    labels
        The true class of each image: (n_images,).
    probabilities
        (n_images, n_classes); rows add up to 1.
    n_most
        Maximum number to return.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.05, 0.95]])
    >>> worst_mistakes(np.array([0, 1, 0, 0]), p, 2).tolist()
    [3, 1]
    """
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    of_true_class = probabilities[wrong, labels[wrong]]
    return wrong[np.argsort(of_true_class, kind="stable")][:n_most]


def least_certain(probabilities: Probabilities, n_most: int) -> Labels:
    """Return the images whose two highest probabilities are closest, the closest first.

    Parameters
    ----------
    probabilities
        (n_images, n_classes); rows add up to 1.
    n_most
        Maximum number to return.
    """
    second, first = np.sort(probabilities, axis=1)[:, -2:].T
    return np.argsort(first - second, kind="stable")[:n_most]


def class_pairs(labels: Labels, predicted: Labels) -> list[ClassPair]:
    """Return the pairs (true, predicted) of classes that occur, the most frequent first.

    Ties go to the pair with the larger share of its true class, then to the first class.
    """
    totals = np.bincount(labels)
    of_images = np.column_stack([labels, predicted])
    pairs, which, counts = np.unique(of_images, axis=0, return_inverse=True, return_counts=True)
    by_pair = np.argsort(which.ravel(), kind="stable")
    members = np.split(by_pair, np.cumsum(counts)[:-1])
    found = [
        ClassPair(true, guess, images, len(images) / int(totals[true]))
        for (true, guess), images in zip(pairs.tolist(), members, strict=True)
    ]
    return sorted(found, key=lambda pair: (-len(pair.images), -pair.share, pair.true))


def confused_pairs(labels: Labels, predicted: Labels, n_most: int) -> list[ClassPair]:
    """Return the pairs of different classes with the most mistakes; see `class_pairs`."""
    return [pair for pair in class_pairs(labels, predicted) if pair.true != pair.predicted][:n_most]


def confusion_order(counts: NDArray[np.int64]) -> list[int]:
    """Return an order of the classes that puts confused ones next to each other.

    Classes are clustered by average linkage on 1 - the mean of both shares of confusion, and the
    leaves of the tree are ordered so that neighbours are as similar as possible (Bar-Joseph,
    Gifford & Jaakkola, "Fast optimal leaf ordering for hierarchical clustering", 2001). Classes
    that are never confused keep their order.

    Parameters
    ----------
    counts
        (n_classes, n_classes): images by true class (row) and predicted class (column).
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    alike = (shares + shares.T) / 2
    np.fill_diagonal(alike, 0)
    if len(counts) < 3 or not alike.any():
        return list(range(len(counts)))
    distances = squareform(1 - alike, checks=False)
    tree = optimal_leaf_ordering(linkage(distances, "average"), distances)
    return [int(leaf) for leaf in leaves_list(tree)]
