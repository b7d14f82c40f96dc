"""What it takes to tune, train and diagnose classifiers, from the numbers of rows and features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.training.eigenvectors import are_few
from handcraft.classifiers.training.folds import search_folds, validation_folds
from handcraft.classifiers.training.least_squares import PENALTIES
from handcraft.classifiers.training.principal_axes import enough_rows
from handcraft.classifiers.training.settings import Settings
from handcraft.classifiers.training.tuning import epochs_to_search
from handcraft.pipeline.diagnosis.confident_learning import MAX_LEARNED, N_FOLDS
from handcraft.pipeline.diagnosis.size_curve import training_sizes
from handcraft.pipeline.forecast.speed import Speed, axes_dtype, seconds_of_visit
from handcraft.pipeline.forecast.work import (
    PASSES,
    Work,
    axes_of_coordinates,
    axes_of_few,
    axes_of_many,
    n_axes,
    whitening,
)
from handcraft.pipeline.images.intake import CheckedImages


@dataclass(frozen=True)
class Learning:
    """The seconds of whatever is learned from rows of some training images.

    Attributes
    ----------
    images
        The training images: their labels and groups decide the validation parts.
    n_features, dtype
        Of their rows.
    visits
        What has been tried: the seconds of a row in an epoch, by the name of the classifier.
    """

    images: CheckedImages
    n_features: int
    dtype: np.dtype[Any]
    speed: Speed
    n_jobs: int | None
    visits: dict[str, float] = field(default_factory=dict)

    def comparing(self, n_images: int) -> float:
        """Return the seconds of `validate_least_squares` on a sample of so many images."""
        labels = self.images.labels[np.linspace(0, len(self.images) - 1, n_images).astype(int)]
        folds = validation_folds(labels, np.random.default_rng(0), Settings())
        work = Work()
        for part, other in folds:
            n, n_all, d = len(part), len(part) + len(other), self.n_features
            solving = len(PENALTIES) * n**3 / 3  # two multiplications of float32 for one of float64
            products = n_all * n_all * d / 2 + solving
            work += Work(products=products, values=PASSES * n_all * d)
        return self._seconds(work)

    def tuning(self, classifiers: Sequence[Any]) -> list[float]:
        """Return the seconds to tune each; the first one whitens the rows for all."""
        n, d = len(self.images), self.n_features
        settings = classifiers[0].settings
        few = are_few(n, d)
        folds = self._folds(settings)
        work = axes_of_few(n, d) if few else Work()
        for part, other in folds:
            if few:
                work += axes_of_coordinates(len(part), n, len(other))
            elif not (len(folds) == 1 and enough_rows(n, d)):
                work += whitening(len(part), d, self._n_threads)
        if not few and len(folds) == 1 and enough_rows(n, d):
            work += axes_of_many(n, d, self._n_threads)
        seconds = [self._search(classifier, folds) for classifier in classifiers]
        return [seconds[0] + self._seconds(work), *seconds[1:]]

    def training(self, classifier: Any) -> float:
        """Return the seconds to train one that has been tuned, with its weights of features."""
        n, d = len(self.images), self.n_features
        work = Work() if are_few(n, d) or enough_rows(n, d) else whitening(n, d, self._n_threads)
        return self._seconds(work + self._trained(classifier, n, d), self._visit(classifier))

    def training_again(self, classifier: Any, n_rows: int, d: int | None = None) -> float:
        """Return the seconds of `refit` on so many rows."""
        return self._seconds(*self._refit(classifier, n_rows, d or self.n_features))

    def testing(self, n_images: int) -> float:
        """Return the seconds to score so many images."""
        scores = n_images * self.n_features * self._n_classes
        return self._seconds(Work(scores=scores, values=n_images * self.n_features))

    def looking(self, classifier: Any) -> float:
        """Return the seconds to look for doubtful labels: five models, side by side."""
        n, d = len(self.images), self.n_features
        d = n if are_few(n, d) else d
        n_learned = min(n - n // N_FOLDS, MAX_LEARNED)
        work, visit = self._refit(classifier, n_learned, d)
        return self._seconds(work * N_FOLDS, visit, at_once=min(self._n_threads, N_FOLDS))

    def retraining(self, classifier: Any, n_tested: int) -> float:
        """Return the seconds to train on fewer images."""
        n, d = len(self.images), self.n_features
        work = Work()
        if are_few(n, d):
            work, d = Work(products=n_tested * n * d, values=2 * (n + n_tested) * d), n
        sizes = training_sizes(n).tolist()
        seconds = sum(self.training_again(classifier, size, d) for size in sizes if size)
        return seconds + self._seconds(work)

    def _refit(self, classifier: Any, n: int, d: int) -> tuple[Work, float]:
        work = whitening(n, d, self._n_threads) + self._trained(classifier, n, d)
        return work, self._visit(classifier, n_axes(n, d))

    def _trained(self, classifier: Any, n: int, d: int) -> Work:
        """Return the work of one training to the end of its schedule, and of unfolding weights."""
        weights = d * self._n_classes * n_axes(n, d)
        visits = n * classifier.settings.n_epochs(n)
        return Work(products=weights, values=n * d if are_few(n, d) else 0, visits=visits)

    def _search(self, classifier: Any, folds: list[Any]) -> float:
        n_epochs = classifier.settings.n_epochs(len(self.images))
        visits = sum(len(part) for part, _ in folds) * epochs_to_search(
            classifier.settings, n_epochs
        )
        visit = self._visit(classifier)
        return self._seconds(Work(visits=visits), visit, at_once=self._n_threads)

    def _folds(self, settings: Settings) -> list[Any]:
        rng = np.random.default_rng(settings.seed)
        labels, groups = self.images.labels, self.images.groups
        d = n_axes(len(labels), self.n_features)
        return search_folds(labels, d, rng, settings, groups)

    def _visit(self, classifier: Any, axes: int | None = None) -> float:
        """Return the seconds of a row in an epoch, tried once and in proportion to the axes."""
        n, d = len(self.images), self.n_features
        whole = n_axes(n, d)
        if classifier.name not in self.visits:
            dtype = axes_dtype(self.dtype, are_few(n, d))
            tried = seconds_of_visit(classifier, n, whole, self._n_classes, dtype)
            self.visits[classifier.name] = tried
        return self.visits[classifier.name] * (axes or whole) / whole

    def _seconds(self, work: Work, visit: float = 0.0, at_once: int = 1) -> float:
        return self.speed.seconds(work, visit, self._n_threads, at_once)

    @property
    def _n_classes(self) -> int:
        return int(self.images.labels.max()) + 1

    @property
    def _n_threads(self) -> int:
        return usable_cores(self.n_jobs)
