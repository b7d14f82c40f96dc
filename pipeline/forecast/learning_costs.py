"""The cost of tuning, training and diagnosing classifiers, from numbers of rows and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.rows import BYTE, HALF, SINGLE
from handcraft.classifiers.numerics.threads import tiles
from handcraft.classifiers.training.eigenvectors import are_few
from handcraft.classifiers.training.least_squares import PENALTIES
from handcraft.classifiers.training.principal_axes import blocks_of, enough_rows
from handcraft.classifiers.training.search import epochs_to_search, trial_threads
from handcraft.classifiers.training.search_rows import search_folds, validation_folds
from handcraft.classifiers.training.train import Settings
from handcraft.pipeline.diagnosis.confident_learning import MAX_LEARNED, N_FOLDS
from handcraft.pipeline.diagnosis.size_curve import training_sizes
from handcraft.pipeline.forecast.speed import Speed, seconds_of_visit
from handcraft.pipeline.images.intake import CheckedImages

PASSES = 3
"""How often all rows are read to find their axes: for the mean, and both sides of products."""

ALONE = 5
"""Ratio of the time to score a row by itself and in a product of many rows: 3 with 102 classes, 10
with 10."""

LONG = 1.4
"""Ratio of the real time of products of long rows to the one computed: tiles reach beyond the
diagonal, and rows do not fit into the cache. It is 1.25 with 600 rows of 130,000 features, and 1.45
with 2,000."""


@dataclass(frozen=True)
class Learning:
    """The seconds of the work of classifiers on rows of some training images.

    Attributes
    ----------
    images
        The training images: their labels and groups determine the validation parts.
    n_features, dtype
        Of their rows.
    n_threads
        Threads that share products, and run the trainings of a search in parallel.
    visits
        Measurements so far: the seconds for a value of a row in an epoch, by classifier name.
    """

    images: CheckedImages
    n_features: int
    dtype: np.dtype[Any]
    speed: Speed
    n_threads: int
    visits: dict[str, float] = field(default_factory=dict)

    def comparing(self, n_images: int) -> float:
        """Return the seconds of `validate_least_squares` on a sample of images."""
        labels = self.images.labels[np.linspace(0, len(self.images) - 1, n_images).astype(int)]
        seconds, d = 0.0, self.n_features
        for part, other in validation_folds(labels, np.random.default_rng(0), Settings()):
            n, n_all = len(part), len(part) + len(other)
            solving = len(PENALTIES) * n**3 / 3  # two multiplications of float32 for one of float64
            seconds += self._products(n_all**2 * d / 2 + solving) + self._reading(n_all, d)
        return seconds

    def tuning(self, classifiers: Sequence[Any]) -> list[float]:
        """Return the seconds to tune each; the first one whitens the rows for all."""
        n, d = len(self.images), self.n_features
        settings = classifiers[0].settings
        rng, groups = np.random.default_rng(settings.seed), self.images.groups
        folds = search_folds(self.images.labels, n_axes(n, d), rng, settings, groups)
        if are_few(n, d):
            coordinates = (self._coordinates(len(part), n) for part, _ in folds)
            whitening = self._whitening(n, d) + sum(coordinates)
        elif len(folds) == 1 and enough_rows(n, d):
            whitening = self._whitening(n, d)
        else:
            whitening = sum(self._whitening(len(part), d) for part, _ in folds)
        seconds, axes, n_trained = [], n_axes(n, d), [len(part) for part, _ in folds]
        for classifier in classifiers:
            epochs = epochs_to_search(classifier.settings, classifier.settings.n_epochs(n))
            visits = epochs * sum(n_trained) * self._visit(classifier, axes)
            n_parameters = (axes + 1) * self._n_classes
            n_threads = trial_threads(max(n_trained, default=0), n_parameters, classifier.settings)
            seconds.append(visits / n_threads)
        return [seconds[0] + whitening, *seconds[1:]]

    def training(self, classifier: Any) -> float:
        """Return the seconds to train one that has been tuned, with its weights of features."""
        n, d = len(self.images), self.n_features
        has_axes = are_few(n, d) or enough_rows(n, d)
        return self._trained(classifier, n, d) + (0 if has_axes else self._whitening(n, d))

    def refit(self, classifier: Any, n: int, d: int, at_once: int = 1) -> float:
        """Return the seconds of `refit` on n rows of d features, for several in parallel."""
        return self._whitening(n, d, at_once) + self._trained(classifier, n, d, at_once)

    def looking(self, classifier: Any) -> float:
        """Return the seconds to find doubtful labels, with models of all folds in parallel."""
        n = len(self.images)
        n_learned, axes = min(n - n // N_FOLDS, MAX_LEARNED), n_axes(n, self.n_features)
        at_once = min(self.n_threads, N_FOLDS)
        seconds = N_FOLDS * self.refit(classifier, n_learned, axes, at_once)
        return seconds + self._scoring(n, axes) / self.n_threads

    def testing(self, n_tested: int) -> float:
        """Return the seconds to score the rows of test images."""
        return self._scoring(n_tested, self.n_features)

    def retraining(self, classifier: Any, n_tested: int) -> float:
        """Return the seconds to train on fewer images, and to project the test images."""
        n, d = len(self.images), self.n_features
        axes, sizes = n_axes(n, d), training_sizes(n).tolist()
        seconds = sum(self.refit(classifier, size, axes) for size in sizes if size)
        if not are_few(n, d):
            return seconds + self._scoring(n_tested, d, len(sizes))
        reading = 2 * self._reading(n_tested + n, d, 1)
        return seconds + self._products(LONG * n_tested * n * d) + reading

    def _whitening(self, n: int, d: int, at_once: int = 1) -> float:
        """Return the seconds to find the axes of n rows of d features; see `WhitenedRows.learn`.

        For few rows they come from the inner products of all pairs, for many from the covariances
        of blocks of features, whose eigenproblems are solved in parallel.
        """
        reading = self._reading(n, d)
        if are_few(n, d):
            products = self._products(LONG * n**2 * d / 2 + n**3)
            return products + (n**3 * self.speed.eigen + reading) / at_once
        sizes = [block.stop - block.start for block in blocks_of(d)]
        products = self._products(n * sum(_lower_tiles(size) + size**2 for size in sizes))
        cubes = float(sum(size**3 for size in sizes)) / min(self.n_threads, len(sizes))
        # One thread reads while the others multiply, and multiplies when it has read.
        passing = max(reading / at_once, products + reading / self.n_threads)
        return passing + cubes * self.speed.eigen / at_once

    def _coordinates(self, n: int, n_all: int) -> float:
        """Return the seconds to find axes from n of all rows in their space, and to project all."""
        products = 1.5 * n**2 * n_all + n_all**2 * n
        return self._products(products) + n**3 * self.speed.eigen + self._reading(n, n_all)

    def _trained(self, classifier: Any, n: int, d: int, at_once: int = 1) -> float:
        """Return the seconds of one full training, and to compute weights of the features."""
        axes, n_classes = n_axes(n, d), self._n_classes
        unfolding = self._reading(n, d, 1) if are_few(n, d) else 0.0
        n_visits: int = n * classifier.settings.n_epochs(n)
        return (
            self._products(d * n_classes * axes)
            + (unfolding + n_visits * self._visit(classifier, axes)) / at_once
        )

    def _products(self, n: float) -> float:
        return n * self.speed.product / self.n_threads

    def _reading(self, n: int, d: int, passes: int = PASSES) -> float:
        return passes * n * d * self.speed.value

    def _scoring(self, n: int, d: int, n_models: int = 1) -> float:
        """Return the seconds to read n rows and to score them with some models."""
        product = ALONE * self.speed.product * self._n_classes
        return self._reading(n, d, 1) + n_models * n * d * product

    def _visit(self, classifier: Any, axes: int) -> float:
        """Return the seconds of a row in an epoch, measured once and proportional to the axes."""
        if classifier.name not in self.visits:
            n, d = len(self.images), self.n_features
            whole = n_axes(n, d)
            are_bytes = self.dtype == HALF and not are_few(n, d)  # many rows along their axes
            dtype = BYTE if are_bytes else np.dtype(SINGLE)
            tried = seconds_of_visit(classifier, n, whole, self._n_classes, dtype)
            self.visits[classifier.name] = tried / whole
        return self.visits[classifier.name] * axes

    @property
    def _n_classes(self) -> int:
        return int(self.images.labels.max()) + 1


def _lower_tiles(size: int) -> int:
    """Return the number of computed entries of a covariance: tiles up to the diagonal.

    >>> _lower_tiles(600), _lower_tiles(1_200)
    (360000, 1080000)
    """
    return sum((tile.stop - tile.start) * tile.stop for tile in tiles(size))


def n_axes(n: int, d: int) -> int:
    """Return the number of axes along which n rows of d features are trained.

    >>> n_axes(100, 10_000), n_axes(10_000, 100)
    (100, 100)
    """
    return n if are_few(n, d) else d
