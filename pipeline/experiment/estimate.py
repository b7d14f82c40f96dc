"""An honest estimate of a model's accuracy, on images not used in any choice.

Without test images some training images are held out: features and classifier are chosen and
trained on the others, and tested on these. The model is then trained on all images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from handcraft.classifiers.training.train import Settings
from handcraft.data.errors import RequestError
from handcraft.pipeline.experiment.evaluation import Evaluation, evaluate, pooled
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.training import train_again
from handcraft.pipeline.images.dataset import Dataset, split_into_folds
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext

N_FOLDS = 5

SMALL = Settings().min_rows
"""With fewer images, on which nothing is searched, every fold is tested in turn: one alone, fewer
than 20 images, says little. That takes five more trainings, which are short."""

Train = Callable[[Dataset], Model]
"""Chooses features and classifier on the training images of a dataset, and trains them."""

Steps = Callable[[Dataset], Counter[str]]
"""Returns the steps shown in training on a dataset, by kind."""

TEST = Counter(Extracting=1)
"""The step shown in testing a model."""


@dataclass(frozen=True)
class Estimate:
    """A model of all training images, and the accuracy of models trained in the same way on others.

    Attributes
    ----------
    model
        Trained on all training images.
    evaluation
        On images not used in any choice.
    training
        The training images of the tested model; None with folds, where every image is tested with
        a model of the others.
    """

    model: Model
    evaluation: Evaluation
    training: CheckedImages | None

    @property
    def parts(self) -> dict[str, CheckedImages]:
        """The images by their role in the evaluation."""
        if self.training is None:
            return {"folds": self.evaluation.images}
        return {"train": self.training, "test": self.evaluation.images}


def train_and_estimate(
    train: Train,
    dataset: Dataset,
    seed: int,
    context: RunContext,
    steps: Steps = lambda _: Counter(),
) -> Estimate:
    """Train on a dataset; estimate the accuracy on its test images, or else on held-out ones.

    Without test images a fifth of the images is held out to test a model of the others; its
    features, which were learned without labels, are kept for the model of all images. With fewer
    than `SMALL` images each fifth is held out in turn, and the predictions are pooled.
    """
    if dataset.test is not None:
        context.progress.expect(steps(dataset) + TEST)
        model = train(dataset)
        return _estimate(model, evaluate(model, dataset.test, context), dataset.training)
    parts = held_out(dataset, seed)
    if len(parts) > 1:
        return _cross_validate(train, steps, dataset, parts, context)
    [(part, test)] = parts
    context.progress.expect(steps(part) + TEST + Counter(Extracting=1, Training=1))
    model = train(part)
    evaluation = evaluate(model, test, context)
    return _estimate(train_again(model, dataset, context), evaluation, part.training)


def held_out(dataset: Dataset, seed: int) -> list[tuple[Dataset, CheckedImages]]:
    """Return the training and test parts of a dataset without test images, one pair per test.

    Raises
    ------
    RequestError
        If all images of each class form one group.
    """
    parts = split_into_folds(dataset, N_FOLDS, np.random.default_rng(seed))
    if not parts:
        raise RequestError(
            f"{dataset.folder}: the images of each class are copies of one, or of one group, and "
            "none can be held out to test on; add images, or name test images with --test"
        )
    return parts if len(dataset.training) < SMALL else parts[:1]


def _cross_validate(
    train: Train,
    steps: Steps,
    dataset: Dataset,
    parts: Sequence[tuple[Dataset, CheckedImages]],
    context: RunContext,
) -> Estimate:
    context.progress.expect(sum((steps(part) + TEST for part, _ in parts), steps(dataset)))
    evaluations = []
    for part, test in parts:
        evaluations.append(evaluate(train(part), test, context))
    model = train(dataset)
    evaluation = replace(pooled(evaluations), model=model, resamples=None)
    return _estimate(model, evaluation, None)


def _estimate(model: Model, evaluation: Evaluation, training: CheckedImages | None) -> Estimate:
    """Return the estimate, with its figures in the model's card."""
    training_record = replace(
        model.training,
        accuracy=evaluation.accuracy,
        n_tested=len(evaluation.images),
        calibration_error=evaluation.figures["ece"],
    )
    return Estimate(replace(model, training=training_record), evaluation, training)
