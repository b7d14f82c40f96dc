"""Confidence intervals of accuracies, and significance tests of their differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm, t

Mask = NDArray[np.bool_]
Labels = NDArray[np.intp]
Floats = NDArray[np.float64]

CONFIDENCE = 0.95
"""Confidence level of all intervals."""

SIGNIFICANCE = 0.05
"""A difference is called significant where its adjusted p-value is below this."""

POWER = 0.8
"""Probability of finding an existing difference, by convention (Cohen, 1988)."""

ROUNDING = 1e-9
"""Accuracies that differ by less are equal: one image of a million is 1e-6."""


class Interval(NamedTuple):
    """A confidence interval: of a proportion, or of a difference of two."""

    low: float
    high: float


class McNemar(NamedTuple):
    """The discordant pairs of two classifiers on the same images, and the exact p-value."""

    only_first: int
    only_second: int
    p_value: float


def wilson_interval(n_correct: int, n_images: int) -> Interval:
    """Return the 95 % score interval of a proportion (Wilson, 1927).

    It stays within [0, 1] and keeps its coverage for small samples and for accuracies near 0 or
    1, unlike the usual normal approximation.

    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    interval = binomtest(n_correct, n_images).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def mcnemar_exact(first_correct: Mask, second_correct: Mask) -> McNemar:
    """Test whether two classifiers have the same accuracy, from the images on which they disagree.

    Under the null hypothesis an image that exactly one of them classifies correctly is equally
    likely to be either's: a two-sided binomial test with p = 1/2 (McNemar, 1947, in its exact
    form).

    Parameters
    ----------
    first_correct, second_correct
        bool (n_images,): whether each classifier is correct, on the same images.
    """
    only_first = int(np.sum(first_correct & ~second_correct))
    only_second = int(np.sum(~first_correct & second_correct))
    n_discordant = only_first + only_second
    p_value = binomtest(only_first, n_discordant).pvalue if n_discordant else 1.0
    return McNemar(only_first, only_second, float(p_value))


def paired_difference(first_correct: Mask, second_correct: Mask) -> Interval:
    """Return a 95 % interval of the first accuracy minus the second, on the same images.

    Wald's interval with half an image added to each cell of the 2 x 2 table (Agresti & Min,
    "Simple improved confidence intervals for comparing matched proportions", 2005, section 3):
    it does not shrink to a point where the classifiers agree on every image.
    """
    test = mcnemar_exact(first_correct, second_correct)
    n, b, c = len(first_correct) + 2, test.only_first + 0.5, test.only_second + 0.5
    difference = (b - c) / n
    half = _z() * math.sqrt((b + c) - (b - c) ** 2 / n) / n
    return Interval(difference - half, difference + half)


def images_to_tell(
    only_first: int, only_second: int, n_images: int, significance: float = SIGNIFICANCE
) -> int | None:
    """Return how many images McNemar's test needs to find a difference as large as that observed.

    With this number it is significant four times out of five (`POWER`), if the shares of discordant
    images stay the same (Connor, "Sample size for testing differences in proportions for the
    paired-sample design", Biometrics 43, 1987, equation 3; doi:10.2307/2531961).

    Parameters
    ----------
    only_first, only_second
        Images that exactly one of two classifiers got right; see `mcnemar_exact`.
    n_images
        The number of test images.
    significance
        The p-value that counts as significant.

    Returns
    -------
    int or None
        None where both are equal: there is no difference to find.

    Notes
    -----
    The equation is for the test without continuity correction; the exact test, which is more
    conservative, needs a few images more.

    Examples
    --------
    >>> images_to_tell(30, 20, 500)
    1960
    """
    if only_first == only_second:
        return None
    discordant = (only_first + only_second) / n_images
    difference = abs(only_first - only_second) / n_images
    z_significance, z_power = norm.ppf(1 - significance / 2), norm.ppf(POWER)
    needed = z_significance * math.sqrt(discordant)
    needed += z_power * math.sqrt(discordant - difference**2)
    return math.ceil(float(needed / difference) ** 2)


def corrected_resampled_t(differences: Floats, n_test: float, n_train: float) -> float:
    """Return the p-value of two learning procedures being equal, from several random splits.

    Parameters
    ----------
    differences
        (n_splits,): the accuracy of one minus that of the other, trained and tested on each split.
    n_test, n_train
        The images of a split's test and training part, or any numbers in their ratio.

    Returns
    -------
    float
        Two-sided; 1 where all differences are equal, as there is no estimate of their variance.

    Notes
    -----
    Splits share training images, so that their differences are correlated and the usual t-test
    finds too many differences. The variance of their mean is taken as
    (1 / n_splits + n_test / n_train) times the sample variance, with n_splits - 1 degrees of
    freedom (Nadeau & Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003,
    section 3; doi:10.1023/A:1024068626366).

    Examples
    --------
    >>> p = corrected_resampled_t(np.array([0.02, 0.03, 0.01, 0.02]), n_test=1, n_train=4)
    >>> round(p, 3)
    0.041
    """
    n_splits, mean = len(differences), float(differences.mean())
    if not vary(differences):
        return 1.0
    variance = _resampled_variance(differences, n_test / n_train)
    return float(2 * t.sf(abs(mean) / math.sqrt(variance), n_splits - 1))


def vary(values: Floats) -> bool:
    """Return whether accuracies, or differences of them, vary by more than rounding errors.

    >>> vary(np.array([0.8, 0.9]) - np.array([0.7, 0.8])), vary(np.array([0.1, 0.2]))
    (False, True)
    """
    return float(np.ptp(values)) > ROUNDING


def resampled_interval(values: Floats, test_ratio: float) -> Interval:
    """Return the 95 % interval of a mean over random splits, by `corrected_resampled_t`.

    Parameters
    ----------
    values
        (n_splits,): an accuracy, or a difference of two, on each split.
    test_ratio
        Test images per training image.
    """
    mean, n_splits = float(values.mean()), len(values)
    half = float(t.ppf(0.5 + CONFIDENCE / 2, n_splits - 1))
    half *= math.sqrt(_resampled_variance(values, test_ratio))
    return Interval(mean - half, mean + half)


def _resampled_variance(values: Floats, test_ratio: float) -> float:
    """Return the variance of a mean over splits that share training images."""
    return (1 / len(values) + test_ratio) * float(values.var(ddof=1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for multiple testing (Holm, 1979), uniformly more powerful than Bonferroni.

    Rejecting where the adjusted value is below alpha keeps the probability of any false rejection
    in the family below alpha.

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


def is_above_chance(correct: Mask, labels: Labels) -> bool:
    """Return whether an accuracy is significantly above that of always predicting one class.

    A one-sided exact binomial test against the share of the most frequent class.
    """
    most_frequent = np.bincount(labels).max() / len(labels)
    test = binomtest(int(correct.sum()), len(correct), most_frequent, alternative="greater")
    return bool(test.pvalue < SIGNIFICANCE)


def confusion_matrix(labels: Labels, predicted: Labels, n_classes: int) -> NDArray[np.int64]:
    """Count images by true class (row) and predicted class (column): (n_classes, n_classes)."""
    counts = np.bincount(labels * n_classes + predicted, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes).astype(np.int64)


def mean_per_class_accuracy(labels: Labels, predicted: Labels) -> float:
    """Return the mean of the accuracies of the classes present in `labels`."""
    correct, n = _correct_by_class(labels, predicted)
    return float(np.mean(correct / n))


def mean_per_class_interval(labels: Labels, predicted: Labels) -> Interval:
    """Return a 95 % interval of `mean_per_class_accuracy`.

    The normal approximation of a stratified sample, whose strata are the classes. The variance of
    each class is that of (k + 1) / (n + 2) and not of k / n, as Agresti & Caffo (2000) advise for
    differences: a class whose few images are all correct is not certain either.
    """
    correct, n = _correct_by_class(labels, predicted)
    smoothed = (correct + 1) / (n + 2)
    variance = float(np.sum(smoothed * (1 - smoothed) / (n + 2))) / len(n) ** 2
    centre, half = float(np.mean(correct / n)), _z() * math.sqrt(variance)
    return Interval(max(centre - half, 0.0), min(centre + half, 1.0))


def _correct_by_class(labels: Labels, predicted: Labels) -> tuple[Labels, Labels]:
    """Return the correct predictions and the images of each class that has any, as counts."""
    n = np.bincount(labels)
    correct = np.bincount(labels[labels == predicted], minlength=len(n))
    return correct[n > 0], n[n > 0]


def _z() -> float:
    """Return the normal quantile of a two-sided interval: 1.96."""
    return float(norm.ppf(0.5 + CONFIDENCE / 2))
