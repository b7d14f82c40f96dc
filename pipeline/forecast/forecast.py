"""Forecast of `train`: the steps to come, and the seconds of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.features.base import Extractor
from handcraft.pipeline.experiment.automatic import likely_choice, tried_features
from handcraft.pipeline.experiment.estimate import held_out
from handcraft.pipeline.experiment.selection import automatic_classifiers
from handcraft.pipeline.extraction.fitting import is_fitted
from handcraft.pipeline.forecast.feature_costs import FeatureCosts, measure_features
from handcraft.pipeline.forecast.learning_costs import PASSES, Learning
from handcraft.pipeline.forecast.page_costs import measure_page
from handcraft.pipeline.forecast.speed import Speed, measure_speed
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import about

SERIAL = ("Training", "Retraining", "Writing")
"""The steps on one processor, which other programs on the machine delay less."""

Step = tuple[str, float]
"""The kind of a step, and its seconds."""


@dataclass(frozen=True)
class Forecast:
    """The steps to come, in order.

    Attributes
    ----------
    steps
        Each step's kind, as `Progress` shows it, and its seconds.
    at_most
        Whether some results may be cached already.
    """

    steps: tuple[Step, ...]
    at_most: bool = False

    @property
    def seconds(self) -> float:
        """The seconds of all steps."""
        return sum(seconds for _, seconds in self.steps)

    def __str__(self) -> str:
        """Return the time: about 2 min."""
        time = about(self.seconds)
        return f"{time} at most, as features of an earlier run are cached" if self.at_most else time


@dataclass(frozen=True)
class Request:
    """The request to `train`, as far as its time depends on it; see `train_selected`."""

    features: Sequence[str]
    classifiers: Sequence[str]
    parameters: Mapping[str, Any]
    diagnosis: bool
    seed: int


def forecast_training(
    dataset: Dataset,
    request: Request,
    effort: str,
    context: RunContext,
    cautious: bool = False,
) -> Forecast:
    """Time short pieces of all the work of `train` with automatic features, and extrapolate.

    Training on a part of the images, to test on the others, is counted in full; cached features of
    an earlier run are counted as if they were missing.

    Parameters
    ----------
    request
        With automatically chosen features.
    effort
        One of `EFFORTS`.
    cautious
        Assume the slower features if they may be chosen.
    """
    parts = (
        [(dataset, dataset.test)] if dataset.test is not None else held_out(dataset, request.seed)
    )
    first, first_test = parts[0]
    tried, n_tried = tried_features(first, effort)
    final = likely_choice(first, effort, cautious)
    costs = measure_features([*tried, final], first.training, context)
    classifiers = automatic_classifiers(
        request.classifiers, request.seed, context, **request.parameters
    )
    one = _Rounds(tried, n_tried, final, costs, measure_speed(), classifiers, context)
    steps: list[Step] = []
    for part, test in parts:
        steps += one.of(part.training, len(test))
    if len(parts) > 1:
        steps += one.of(dataset.training, 0)
    elif dataset.test is None:
        steps += one.again(first.training, len(dataset.training))
    if request.diagnosis:
        steps += one.diagnosis(first.training, len(first_test), len(parts) > 1)
    cost = costs.of(final)
    page, stretch = measure_page(cost.n_blocks, cost.extract)
    at_most = is_fitted(final, first.training, request.seed, context)
    return Forecast(
        tuple(
            (kind, seconds * (stretch if kind in SERIAL else costs.stretch))
            for kind, seconds in [*steps, ("Writing", page)]
        ),
        at_most,
    )


@dataclass(frozen=True)
class _Rounds:
    """The seconds of the work on each training part of the images.

    `visits` are the measurements of classifiers so far; see `Learning`.
    """

    tried: Sequence[Extractor]
    n_tried: int
    final: Extractor
    costs: FeatureCosts
    speed: Speed
    classifiers: Sequence[Any]
    context: RunContext
    visits: dict[str, float] = field(default_factory=dict)

    def of(self, training: CheckedImages, n_tested: int) -> list[Step]:
        """Return the steps of choosing, training and testing."""
        n, costs, learning = len(training), self.costs, self._learning(training)
        steps = self._trials(training)
        steps += [
            ("Fitting", costs.fit(self.final.parts, n)),
            ("Extracting", self._extract(self.final.parts, n)),
        ]
        steps += [("Tuning", s) for s in learning.tuning(self.classifiers)]
        steps.append(("Training", self._likely(learning.training)))
        if n_tested:
            testing = learning.testing(n_tested)
            steps.append(("Extracting", self._extract(self.final.parts, n_tested) + testing))
        return steps

    def again(self, training: CheckedImages, n_images: int) -> list[Step]:
        """Return the steps of training on all images, whose rows are cached."""
        learning = self._learning(training)
        seconds = self._likely(lambda c: learning.refit(c, n_images, learning.n_features))
        return [("Extracting", 0.0), ("Training", seconds)]

    def diagnosis(self, training: CheckedImages, n_tested: int, in_folds: bool) -> list[Step]:
        """Return the steps of finding doubtful labels and, without folds, of the learning curve."""
        learning = self._learning(training)
        retraining = self._likely(lambda c: learning.retraining(c, n_tested))
        return [
            ("Looking", self._likely(learning.looking)),
            ("Retraining", retraining * (not in_folds)),
        ]

    def _trials(self, training: CheckedImages) -> list[Step]:
        steps: list[Step] = []
        fitted: list[Extractor] = []
        n, comparing = min(self.n_tried, len(training)), 0.0
        for extractor in self.tried:
            new = [part for part in extractor.parts if repr(part) not in map(repr, fitted)]
            fitted += new
            fit = self.costs.fit(new, n)
            comparing = self._learning(training, extractor).comparing(n)
            steps += [("Fitting", fit), ("Extracting", self._extract(new, n))]
            steps.append(("Comparing", comparing))
        if self.tried:  # the best one again, mirrored
            mirrored = self._extract(self.tried[0].parts, n)
            steps += [("Extracting", mirrored), ("Comparing", comparing)]
        return steps

    def _extract(self, parts: Sequence[Extractor], n_images: int) -> float:
        """Return the seconds to extract rows, and to send and keep them.

        A value that is kept is copied about as often as one that is read `PASSES` times.
        """
        n_values = sum(self.costs.of(part).n_features for part in parts)
        keeping = PASSES * n_images * n_values * self.speed.value
        return self.costs.extract(parts, n_images) + keeping / self.costs.n_workers

    def _likely(self, seconds: Callable[[Any], float]) -> float:
        """Return the mean over the classifiers, any of which may be the one."""
        return float(np.mean([seconds(classifier) for classifier in self.classifiers]))

    def _learning(self, training: CheckedImages, extractor: Extractor | None = None) -> Learning:
        extractor = extractor or self.final
        n_features, dtype = self.costs.of(extractor).n_features, np.dtype(extractor.row_dtype)
        n_threads = usable_cores(self.context.n_jobs)
        return Learning(training, n_features, dtype, self.speed, n_threads, self.visits)
