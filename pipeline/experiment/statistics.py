"""How sure an accuracy is, and whether two classifiers really differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Mask = NDArray[np.bool_]
Labels = NDArray[np.intp]


class Interval(NamedTuple):
    """A confidence interval of a proportion, both ends in [0, 1]."""

    low: float
    high: float


class McNemar(NamedTuple):
    """The discordant pairs of two classifiers on the same images, and the exact p-value."""

    only_first: int
    only_second: int
    p_value: float


def wilson_interval(n_correct: int, n_images: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of a proportion (Wilson, 1927).

    It stays within [0, 1] and keeps its coverage for small samples and for accuracies near 0 or
    1, where the usual normal approximation does not.

    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    interval = binomtest(n_correct, n_images).proportion_ci(confidence, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def mcnemar_exact(first_correct: Mask, second_correct: Mask) -> McNemar:
    """Test whether two classifiers have the same accuracy, from the images they disagree on.

    Under the null hypothesis an image that exactly one of them gets right is equally likely to
    be either's: a two-sided binomial test with p = 1/2 (McNemar, 1947, in its exact form).

    Parameters
    ----------
    first_correct, second_correct
        bool (n_images,): whether each classifier is right, on the same images.
    """
    only_first = int(np.sum(first_correct & ~second_correct))
    only_second = int(np.sum(~first_correct & second_correct))
    n_discordant = only_first + only_second
    p_value = binomtest(only_first, n_discordant).pvalue if n_discordant else 1.0
    return McNemar(only_first, only_second, float(p_value))


def holm(p_values: list[float]) -> list[float]:
    """Adjust p-values for being several (Holm, 1979): step-down, uniformly above Bonferroni.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    n_tests = len(p_values)
    adjusted = [0.0] * n_tests
    largest = 0.0
    for rank, i in enumerate(np.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (n_tests - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def confusion_matrix(labels: Labels, predicted: Labels, n_classes: int) -> NDArray[np.int64]:
    """Count images by true class (row) and predicted class (column): (n_classes, n_classes)."""
    counts = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def mean_per_class_accuracy(labels: Labels, predicted: Labels) -> float:
    """Return the mean over the classes present in `labels` of each class's own accuracy."""
    correct = labels == predicted
    return float(np.mean([correct[labels == k].mean() for k in np.unique(labels)]))
