"""The experiment: recipes trained on the same images, and tested on the same images."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handcraft.classifiers import CLASSIFIERS, Classifier
from handcraft.features import make_extractor
from handcraft.features.base import Extractor
from handcraft.pipeline.experiment.baseline import BASELINES, Baseline
from handcraft.pipeline.experiment.evaluation import Evaluation, evaluate
from handcraft.pipeline.experiment.model import Model, Training
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True)
class Recipe:
    """What to train: an extractor and a classifier, neither fitted yet."""

    extractor: Extractor
    classifier: Classifier | Baseline

    def __str__(self) -> str:
        """Name the parts."""
        return f"{self.extractor.name} with {self.classifier.name}"


@dataclass(frozen=True)
class Comparison:
    """Models tested on the same images: an evaluation of each, in the order of the recipes.

    `is_bundled_sample` says that the images of each class are cut from one photograph, so that
    intervals and p-values speak of tiles of these photographs, not of photographs.
    """

    test: CheckedImages
    evaluations: tuple[Evaluation, ...]
    is_bundled_sample: bool = False

    @property
    def selected(self) -> Evaluation:
        """The evaluation of the model that validation selects: what a headline may name."""
        model = select_model([evaluation.model for evaluation in self.evaluations])
        return next(e for e in self.evaluations if e.model is model)

    @property
    def best_on_test(self) -> Evaluation:
        """The evaluation of the highest test accuracy, the first of equals: for description only.

        It is chosen with the images that it is measured on, so that its accuracy is optimistic.
        """
        return max(self.evaluations, key=lambda evaluation: evaluation.accuracy)


def select_model(models: Sequence[Model]) -> Model:
    """Return the model of the highest validation accuracy: what "best" means everywhere.

    Of equals it is that of the shortest feature vector, and of those the first. Where there were
    too few images to validate any, it is the first.
    """
    return max(models, key=_rank)


def _rank(model: Model) -> tuple[float, float]:
    accuracy = model.training.validation_accuracy
    return (-math.inf, 0) if accuracy is None else (accuracy, -model.extractor.n_features)


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


def compare(
    models: Iterable[Model],
    test: CheckedImages,
    context: RunContext,
    is_bundled_sample: bool = False,
) -> Comparison:
    """Test each model on the same images, those that can be read for all; see `Comparison`."""
    evaluations: list[Evaluation] = []
    for model in models:
        evaluation, readable = evaluate(model, test, context)
        if len(readable) < len(test):
            test = readable
            evaluations = [evaluate(earlier.model, test, context)[0] for earlier in evaluations]
        evaluations.append(evaluation)
    return Comparison(test, tuple(evaluations), is_bundled_sample)


def train(recipe: Recipe, dataset: Dataset, seed: int, context: RunContext) -> Model:
    """Fit the extractor, compute the rows of the training images, fit the classifier."""
    learned = learn_features(recipe.extractor, dataset.training, seed, context)
    labels = learned.images.labels
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
    )
