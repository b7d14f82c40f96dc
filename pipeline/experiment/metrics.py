"""Classification metrics besides accuracy: per class, of ranks, of calibration.

scikit-learn has most of them; the tests compare with it. Labels are indices of classes, intp
(n_images,); probabilities are (n_images, n_classes), their rows adding up to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Labels = NDArray[np.intp]
Floats = NDArray[np.floating[Any]]

N_BINS, LEAST_IN_BIN = 15, 10
"""Bins of the expected calibration error, fewer where they would hold less images than this: a
single image is 0.5 away from the best probability of an even chance."""

TOP = 5
"""k of the top-k accuracy."""


@dataclass(frozen=True)
class ByClass:
    """Precision, recall, F1 in [0, 1] and the number of test images of each class: (n_classes,).

    A class never predicted has a precision of 0, one without test images a recall of 0, as in
    scikit-learn with ``zero_division=0``.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: NDArray[np.int64]


def by_class(confusion: NDArray[np.int64]) -> ByClass:
    """Return the metrics of each class from a `confusion_matrix`."""
    correct = np.diag(confusion)
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    return ByClass(
        precision=_ratio(correct, predicted),
        recall=_ratio(correct, support),
        f1=_ratio(2 * correct, support + predicted),
        support=support,
    )


def macro_f1(confusion: NDArray[np.int64]) -> float:
    """Return the mean F1 of the classes that have test images or were predicted."""
    there = confusion.sum(axis=1) + confusion.sum(axis=0) > 0
    return float(by_class(confusion).f1[there].mean())


def cohens_kappa(confusion: NDArray[np.int64]) -> float:
    """Return the agreement beyond chance (Cohen, 1960): 1 is perfect, 0 is chance.

    0 where all images are of one class and predicted as such: chance agrees as well.
    """
    n = confusion.sum()
    by_chance = float(confusion.sum(axis=0) @ confusion.sum(axis=1)) / n**2
    agreement = float(np.trace(confusion)) / n
    return (agreement - by_chance) / (1 - by_chance) if by_chance < 1 else 0.0


def top_accuracy(scores: Floats, labels: Labels, k: int = TOP) -> float:
    """Return the share of images whose class has one of the k highest scores.

    Ties count against the true class.
    """
    of_class = scores[np.arange(len(labels)), labels]
    n_before = np.sum(scores >= of_class[:, None], axis=1) - 1
    return float(np.mean(n_before < k))


def roc_auc(scores: Floats, labels: Labels) -> float | None:
    """Return the mean area under the one-vs-rest ROC curves; None with only one class.

    For a class, it is the probability that one of its images has a higher score for it than an
    image of another class (Mann & Whitney, 1947).
    """
    areas = []
    for label in np.unique(labels):
        n_class = int(np.sum(labels == label))
        n_rest = len(labels) - n_class
        if n_rest:
            ranks = rankdata(scores[:, label])[labels == label].sum()
            areas.append((ranks - n_class * (n_class + 1) / 2) / (n_class * n_rest))
    return float(np.mean(areas)) if areas else None


def log_loss(probabilities: Floats, labels: Labels) -> float:
    """Return the mean of -log p of the true class; p is at least the smallest normal float."""
    p = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(p, np.finfo(np.float64).tiny)).mean())


def brier_score(probabilities: Floats, labels: Labels) -> float:
    """Return the mean squared distance of probabilities to the true class, in [0, 2] (Brier, 1950).

    Its original form, the sum over all classes; for two classes twice scikit-learn's.
    """
    errors = probabilities.astype(np.float64)
    errors[np.arange(len(labels)), labels] -= 1
    return float(np.mean(np.sum(errors**2, axis=1)))


def reliability(probabilities: Floats, labels: Labels) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return the mean confidence, the accuracy and the size of each bin, confidence ascending.

    The confidence of an image is the probability of its predicted class. The images are sorted by
    it and divided into bins of equal size (equal mass), see `bins_for`.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    bins = np.array_split(order, bins_for(len(order)))
    return (
        np.array([confidence[members].mean() for members in bins]),
        np.array([correct[members].mean() for members in bins]),
        np.array([len(members) for members in bins]),
    )


def expected_calibration_error(probabilities: Floats, labels: Labels) -> float:
    """Return the mean of |accuracy - confidence| over bins, in [0, 1]; see `reliability`.

    Naeini, Cooper & Hauskrecht, 2015, with bins of equal mass instead of equal width, as Nixon et
    al., "Measuring Calibration in Deep Learning", 2019, advise.
    """
    confidence, accuracy, sizes = reliability(probabilities, labels)
    return float(np.average(np.abs(accuracy - confidence), weights=sizes))


def bins_for(n_images: int) -> int:
    """Return the number of `reliability` bins for `n_images` images.

    >>> bins_for(8), bins_for(84), bins_for(10_000)
    (1, 8, 15)
    """
    return min(N_BINS, max(1, n_images // LEAST_IN_BIN))


def _ratio(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> Floats:
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)
