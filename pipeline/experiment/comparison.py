"""Comparison of models on the same test images, and the one selected by validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.validation import best_of
from handcraft.pipeline.experiment.evaluation import Evaluation, evaluate, pooled
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.training import steps_of_training
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.duplicates import leaked
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True)
class Comparison:
    """Models tested on the same images: an evaluation of each, in the order of the recipes.

    `is_bundled_sample` says that the images of each class are cut from one photograph, so that
    intervals and p-values hold for tiles of these photographs, not for photographs. `training` are
    the training images of the models, None if unknown.
    """

    evaluations: tuple[Evaluation, ...]
    is_bundled_sample: bool = False
    training: CheckedImages | None = None

    @property
    def test(self) -> CheckedImages:
        """The test images."""
        return self.evaluations[0].images

    @property
    def n_splits(self) -> int:
        """The number of random splits on which the models were trained and tested."""
        return len(self.evaluations[0].accuracies)

    @property
    def leaked(self) -> NDArray[np.bool_]:
        """Which test images are known copies, byte for byte, of training images: (n_test,)."""
        known = [] if self.training is None else self.training.digests
        return leaked(self.test.digests, known)

    @property
    def without_leaked(self) -> tuple[Evaluation, ...]:
        """The evaluations without leaked test images; empty if no image has leaked, or all have."""
        is_leaked = self.leaked
        if is_leaked.all() or not is_leaked.any():
            return ()
        return tuple(evaluation.part(~is_leaked) for evaluation in self.evaluations)

    @property
    def selected(self) -> Evaluation:
        """The evaluation of the model selected by validation, fit for a headline."""
        model = select_model([evaluation.model for evaluation in self.evaluations])
        return next(e for e in self.evaluations if e.model is model)

    @property
    def best_on_test(self) -> Evaluation:
        """The evaluation of the highest test accuracy, the first of equals: for description only.

        It is chosen on the very test images, so that its accuracy is optimistic.
        """
        return max(self.evaluations, key=lambda evaluation: evaluation.accuracy)


def compare_on_splits(
    train_all: Callable[[Dataset], Iterable[Model]],
    splits: Sequence[tuple[Dataset, CheckedImages]],
    context: RunContext,
    is_bundled_sample: bool = False,
) -> Comparison:
    """Train all models on each split, test them on its other part, and pool; see `pooled`.

    With several splits no image is known to have leaked, as splits keep copies on one side.
    """
    if len(splits) == 1:
        [(part, test)] = splits
        return compare(train_all(part), test, context, is_bundled_sample, part.training)
    of_splits: list[Sequence[Evaluation]] = []
    for number, (part, test) in enumerate(splits, start=1):
        context.progress.say(f"Split {number} of {len(splits)}")
        found = compare(train_all(part), test, context).evaluations
        firsts = of_splits[0] if of_splits else found
        of_splits.append([_small(e, first) for e, first in zip(found, firsts, strict=True)])
    evaluations = tuple(pooled(of_model) for of_model in zip(*of_splits, strict=True))
    return Comparison(evaluations, is_bundled_sample)


def _small(evaluation: Evaluation, first: Evaluation) -> Evaluation:
    """Return the evaluation with the first split's model: all models would be too large."""
    model = replace(first.model, training=evaluation.model.training)
    return replace(evaluation, model=model, fold_probabilities=evaluation.probabilities)


def select_model(models: Sequence[Model]) -> Model:
    """Return the model of the lowest selection cost on validation images; see `best_of`.

    Ties go to the shortest feature vector, then to the first model, which is also the choice with
    too few images to validate.
    """
    validations = [model.training.validation for model in models]
    return models[best_of(validations, [model.extractor.n_features for model in models])]


def steps_of_comparison(n_models: int, n_perturbations: int = 0) -> Counter[str]:
    """Return the steps shown in training and testing `n_models` models, by kind."""
    return steps_of_training(n_models) + Counter(Extracting=n_models * (1 + n_perturbations))


def compare(
    models: Iterable[Model],
    test: CheckedImages,
    context: RunContext,
    is_bundled_sample: bool = False,
    training: CheckedImages | None = None,
) -> Comparison:
    """Test all models on the same images, those readable for every model."""
    evaluations: list[Evaluation] = []
    for model in models:
        evaluations.append(evaluate(model, test, context))
        readable = evaluations[-1].images
        if len(readable) < len(test):
            test = readable
            evaluations = [evaluate(earlier.model, test, context) for earlier in evaluations]
    return Comparison(tuple(evaluations), is_bundled_sample, training)
