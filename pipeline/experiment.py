"""The experiment: every feature set with every classifier, on the same images."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from classifiers import CLASSIFIERS
from features import make_extractor
from pipeline.baseline import BASELINES, Baseline
from pipeline.dataset import Dataset
from pipeline.evaluation import Row, evaluate
from pipeline.extract import Features, learn_features
from pipeline.intake import CheckedImages
from pipeline.model import Model, Training
from pipeline.workshop import Workshop


@dataclass(frozen=True)
class Comparison:
    """Models on the same test images: a row for each."""

    test: CheckedImages
    rows: tuple[Row, ...]

    @property
    def best(self) -> Row:
        """The row with the highest test accuracy; of equals, the shortest feature vector."""
        return max(self.rows, key=lambda row: (row.accuracy, -row.n_features))


def compare(models: Iterable[Model], test: CheckedImages, workshop: Workshop) -> Comparison:
    """Test each model on the same images."""
    return Comparison(test, tuple(evaluate(model, test, workshop) for model in models))


def best_on_validation(models: Iterable[Model]) -> Model:
    """Return the model with the highest validation accuracy; of equals, the shortest vector."""
    return max(
        models,
        key=lambda model: (model.training.validation_accuracy, -model.extractor.n_features),
    )


def train_models(
    dataset: Dataset,
    specs: Sequence[str],
    classifiers: Sequence[str],
    seed: int,
    workshop: Workshop,
) -> Iterator[Model]:
    """Train every classifier on every feature set, one model after the other."""
    for spec in specs:
        learned = learn_features(make_extractor(spec), dataset.training, seed, workshop)
        for name in classifiers:
            yield _train(spec, name, learned, dataset, seed, workshop)


def _train(
    spec: str, name: str, learned: Features, dataset: Dataset, seed: int, workshop: Workshop
) -> Model:
    start = time.perf_counter()
    classifier = Baseline(name, seed) if name in BASELINES else CLASSIFIERS[name](seed=seed)
    with workshop.stages.stage(f"Training {name} on {spec}", 1) as bar:
        classifier.fit(
            learned.rows,
            dataset.training.labels,
            on_epoch=bar.reach,
        )
    training = Training(
        features=spec,
        classifier=name,
        n_images=len(dataset.training),
        seed=seed,
        extract_seconds=learned.seconds,
        train_seconds=time.perf_counter() - start,
        validation_accuracy=classifier.validation_accuracy_,
    )
    return Model(learned.extractor, classifier, dataset.class_names, training)
