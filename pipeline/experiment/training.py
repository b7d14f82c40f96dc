"""Training: an extractor and a classifier learn from the training images of a dataset."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import CLASSIFIERS, Classifier
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.features.base import Extractor
from handcraft.pipeline.experiment.baseline import BASELINES, Baseline
from handcraft.pipeline.experiment.model import Model, Training
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True)
class Recipe:
    """What to train: an extractor and a classifier, neither fitted yet."""

    extractor: Extractor
    classifier: Classifier | Baseline

    def __str__(self) -> str:
        """Name the parts."""
        return f"{self.extractor.name} with {self.classifier.name}"


def recipes(specs: Sequence[str], classifiers: Sequence[str], seed: int) -> list[Recipe]:
    """Return a recipe for every feature set with every classifier, feature set by feature set."""
    return [
        Recipe(
            make_extractor(spec),
            Baseline(name, seed) if name in BASELINES else CLASSIFIERS[name](seed=seed),
        )
        for spec in specs
        for name in classifiers
    ]


def train(recipe: Recipe, dataset: Dataset, seed: int, context: RunContext) -> Model:
    """Fit the extractor, compute the rows of the training images, fit the classifier."""
    learned = learn_features(recipe.extractor, dataset.training, seed, context)
    labels = learned.images.labels
    _require_all_classes(labels, dataset.class_names)
    classifier = copy.copy(recipe.classifier)  # a recipe may be used again
    start = time.perf_counter()
    what = f"Training {classifier.name} on {learned.extractor.name}"
    with context.progress.stage(what, 1) as bar:
        classifier.fit(learned.rows, labels, on_epoch=bar.reach)
    return Model(
        learned.extractor,
        classifier,
        dataset.class_names,
        Training(
            features=learned.extractor.name,
            classifier=classifier.name,
            n_images=len(labels),
            seed=seed,
            extract_seconds=learned.seconds,
            train_seconds=time.perf_counter() - start,
            validation_accuracy=classifier.validation_accuracy_,
        ),
        context.decoding.white,
    )


def _require_all_classes(labels: NDArray[np.intp], class_names: Sequence[str]) -> None:
    """Refuse to train if a class has lost its last image during the run."""
    counts = np.bincount(labels, minlength=len(class_names))
    for name, count in zip(class_names, counts, strict=True):
        if count == 0:
            raise RequestError(f"no image of class {name!r} can be read any more; run again")
