"""Would more images help? Accuracy against the number of training images, extrapolated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.pipeline.diagnosis.subsets import scored_blocks, stratified_order
from handcraft.pipeline.experiment.statistics import CONFIDENCE
from handcraft.pipeline.run.text import NBSP, percent

Labels = NDArray[np.intp]
Floats = NDArray[np.float64]

N_HALVINGS = 3

MAX_TRAINED = 2_000
"""The most rows to train on, so that the time does not grow with the number of images. Where there
are more, the halving starts here."""

MIN_PER_CLASS = 16
"""Mean training images per class: with fewer, an eighth of them has less than two per class."""

FACTORS = (1, 4)
"""The curve is extrapolated between these multiples of the training images."""

N_FUTURE = 9
"""Points of the extrapolation, log-spaced: the middle one is twice the training images."""

EXPONENTS = np.linspace(0.05, 1.0, 20)
"""Candidate exponents of the power law: those of image classifiers are between 0.07 and 0.5
(Hestness et al., "Deep learning scaling is predictable, empirically", 2017), and 1 is the fastest
rate possible with noisy labels."""

N_RESAMPLED = 1_000


class Predictor(Protocol):
    """A trained classifier."""

    def predict(self, X: RowMatrix) -> Labels:
        """Return the class of each row: (n_rows,)."""


@dataclass(frozen=True)
class SizeCurve:
    """Accuracy against the number of training images, measured and extrapolated.

    Attributes
    ----------
    sizes, accuracies
        Numbers of training images, ascending, and the accuracies on the test images, in [0, 1]:
        (n_points,). The last is that of the model itself.
    future_sizes
        From the last of `sizes` on: (n_future,).
    continued, low, high
        The accuracy predicted by the power law, and its 95 % band: (n_future,).
    """

    sizes: Labels
    accuracies: Floats
    future_sizes: Labels
    continued: Floats
    low: Floats
    high: Floats

    def __str__(self) -> str:
        """Describe the expected gain from twice as many training images."""
        i = N_FUTURE // 2
        return (
            f"With twice as many training images, {self.future_sizes[i]:,}, expect about "
            f"{percent(self.continued[i])} (95{NBSP}%{NBSP}band {percent(self.low[i])} to "
            f"{percent(self.high[i])}) in place of {percent(self.accuracies[-1])}."
        )


def training_sizes(n_images: int) -> Labels:
    """Return the numbers of images to train on, ascending: an eighth, a quarter and half of all.

    If half of all is more than `MAX_TRAINED`, this takes its place.

    >>> training_sizes(1700), training_sizes(40_000)
    (array([212, 425, 850]), array([ 500, 1000, 2000]))
    """
    largest = min(n_images // 2, MAX_TRAINED)
    return np.array([largest // 2**i for i in reversed(range(N_HALVINGS))])


def size_curve(
    learn: Callable[[RowMatrix, Labels], Predictor],
    rows: RowMatrix,
    labels: Labels,
    test_rows: RowMatrix,
    test_labels: Labels,
    predicted: Labels,
    seed: int,
    on_size: Callable[[int], None] = lambda _: None,
) -> SizeCurve:
    """Train on nested parts of the training rows, and extrapolate the accuracies.

    Parameters
    ----------
    learn
        Trains a classifier on rows and labels.
    rows, labels
        All training rows, (n_images, n_features), and the class of each.
    test_rows, test_labels, predicted
        The rows and classes of the test images, and the predictions of the model of all rows.
    on_size
        Called with the number of images after each training.
    """
    order = stratified_order(labels, seed)
    sizes = training_sizes(len(labels))
    models = []
    for size in sizes.tolist():
        chosen = order[:size]
        models.append(learn(rows[chosen], labels[chosen]))
        on_size(size)
    correct = np.empty((len(models) + 1, len(test_labels)), bool)
    correct[-1] = predicted == test_labels
    for part in scored_blocks(test_rows):
        block = test_rows[part]
        correct[:-1, part] = [model.predict(block) == test_labels[part] for model in models]
    return continued_curve(np.append(sizes, len(labels)), correct, seed)


def continued_curve(sizes: Labels, correct: NDArray[np.bool_], seed: int = 0) -> SizeCurve:
    """Fit a power law to error rates by numbers of training images, and extrapolate it.

    The error rate is modelled as a + b n^-c, a and b >= 0 (Cortes, Jackel, Solla, Vapnik & Denker,
    "Learning curves: asymptotic values and rate of convergence", NIPS 1993; Viering & Loog, "The
    shape of learning curves: a review", 2023, doi:10.1109/TPAMI.2022.3220744).

    Parameters
    ----------
    sizes
        Numbers of training images, ascending: (n_points,).
    correct
        Whether each test image was classified correctly: (n_points, n_test).

    Notes
    -----
    The band is a bootstrap over the test images, resampled alike for every size: it covers the
    uncertainty from the limited number of test images, but not that from the choice of training
    images, or from a curve that follows another law.
    """
    factors = np.geomspace(FACTORS[0], FACTORS[-1], N_FUTURE)
    future = np.rint(sizes[-1] * factors).astype(np.intp)
    n_test = correct.shape[1]
    patterns, counts = np.unique(correct, axis=1, return_counts=True)  # of correct images
    rng = np.random.default_rng(seed)
    resampled = rng.multinomial(n_test, counts / n_test, N_RESAMPLED) @ ~patterns.T / n_test
    errors = np.vstack([1 - correct.mean(axis=1), resampled])
    fitted = 1 - power_law(sizes, errors, future)
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.percentile(fitted[1:], [tail, 100 - tail], axis=0)
    return SizeCurve(sizes, correct.mean(axis=1), future, fitted[0], low, high)


def power_law(sizes: NDArray[Any], errors: Floats, wanted: NDArray[Any]) -> Floats:
    """Fit a + b n^-c with a, b >= 0 by least squares, and return its values at the wanted sizes.

    c is the best of `EXPONENTS`.

    Parameters
    ----------
    sizes
        (n_points,).
    errors
        Error rates of several curves: (n_curves, n_points).
    wanted
        (n_wanted,).

    Returns
    -------
    Floats
        (n_curves, n_wanted).

    Examples
    --------
    >>> sizes = np.array([100, 200, 400, 800])
    >>> power_law(sizes, [0.1 + 2 / np.sqrt(sizes)], np.array([3200])).round(4)
    array([[0.1354]])
    """
    errors = np.asarray(errors, np.float64)
    best, cost = np.zeros((len(errors), len(wanted))), np.full(len(errors), np.inf)
    for exponent in EXPONENTS:
        x, x_wanted = (sizes / sizes[-1]) ** -exponent, (wanted / sizes[-1]) ** -exponent
        a, b = _line(x, errors)
        squares = ((a[:, None] + b[:, None] * x - errors) ** 2).sum(axis=1)
        better = squares < cost
        best[better] = a[better, None] + b[better, None] * x_wanted
        cost[better] = squares[better]
    return best


def _line(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the intercept and the slope, both >= 0, of the least squares line of each row of y."""
    centred = x - x.mean()
    b = y @ centred / (centred @ centred)
    a = y.mean(axis=1) - b * x.mean()
    through_zero = y @ x / (x @ x)
    a, b = np.where(a < 0, 0.0, a), np.where(a < 0, through_zero, b)
    return np.where(b < 0, y.mean(axis=1), a), np.maximum(b, 0)
