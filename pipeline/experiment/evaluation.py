"""A model on test images: its scores, and the figures that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from handcraft.pipeline.experiment import metrics
from handcraft.pipeline.experiment.model import Model, Scores
from handcraft.pipeline.experiment.statistics import (
    Interval,
    confusion_matrix,
    mean_per_class_accuracy,
    mean_per_class_interval,
    wilson_interval,
)
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model said of the test images: a line of every table.

    `images` are the test images that could be read; `scores` is (n_images, n_classes). With folds
    the scores are those of several models, and `fold_probabilities` what they stand for; `model` is
    then the one that was trained in the same way on all images.
    """

    model: Model
    images: CheckedImages
    scores: Scores
    test_extract_seconds: float
    fold_probabilities: Scores | None = None

    def part(self, chosen: NDArray[np.bool_]) -> Evaluation:
        """Return the evaluation on some of the images, by a mask: (n_images,)."""
        images = self.images.images.subset(np.flatnonzero(chosen))
        of_folds = self.fold_probabilities
        return replace(
            self,
            images=replace(self.images, images=images),
            scores=self.scores[chosen],
            fold_probabilities=None if of_folds is None else of_folds[chosen],
        )

    @property
    def labels(self) -> NDArray[np.intp]:
        """The true class of each image: (n_images,)."""
        return self.images.labels

    @property
    def features(self) -> str:
        """The name of the feature set."""
        return self.model.training.features

    @property
    def classifier(self) -> str:
        """The name of the classifier."""
        return self.model.training.classifier

    @property
    def n_features(self) -> int:
        """The length of a feature vector."""
        return self.model.extractor.n_features

    @property
    def extract_seconds(self) -> float | None:
        """The seconds to fit the extractor and to extract training and test images.

        None if the model was loaded: its file does not tell.
        """
        before = self.model.training.extract_seconds
        return None if before is None else before + self.test_extract_seconds

    @property
    def train_seconds(self) -> float | None:
        """The seconds to choose the hyperparameters and to train; None if the model was loaded."""
        return self.model.training.train_seconds

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """The class of the highest score for each image."""
        return np.asarray(self.scores.argmax(axis=1), np.intp)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image was classified correctly."""
        return np.equal(self.predicted, self.labels)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """The number of images by true class (row) and predicted class (column)."""
        return confusion_matrix(self.labels, self.predicted, self.scores.shape[1])

    @property
    def accuracy(self) -> float:
        """The share of the images that were classified correctly."""
        return float(self.correct.mean())

    @property
    def interval(self) -> Interval:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(int(self.correct.sum()), len(self.labels))

    @cached_property
    def probabilities(self) -> Scores:
        """The probability of each class for each image: (n_images, n_classes)."""
        if self.fold_probabilities is not None:
            return self.fold_probabilities
        return self.model.probabilities(self.scores)

    @property
    def figures(self) -> dict[str, float | None]:
        """Further figures, by their names in results.json; see `metrics`."""
        return {
            "macro_f1": metrics.macro_f1(self.confusion),
            "cohens_kappa": metrics.cohens_kappa(self.confusion),
            "top5_accuracy": metrics.top_accuracy(self.scores, self.labels),
            "roc_auc": metrics.roc_auc(self.scores, self.labels),
            "ece": metrics.expected_calibration_error(self.probabilities, self.labels),
            "log_loss": metrics.log_loss(self.probabilities, self.labels),
            "brier": metrics.brier_score(self.probabilities, self.labels),
        }

    @property
    def mean_per_class(self) -> float:
        """The mean of the accuracies of the classes, each class counting the same."""
        return mean_per_class_accuracy(self.labels, self.predicted)

    @property
    def mean_per_class_interval(self) -> Interval:
        """The 95 % interval of the mean, each class a stratum."""
        return mean_per_class_interval(self.labels, self.predicted)


def evaluate(
    model: Model, images: CheckedImages, context: RunContext, *perturbations: str
) -> Evaluation:
    """Classify the test images, as they are or after some `PERTURBATIONS` of `handcraft.data`."""
    features = compute_rows(model.extractor, images, context, perturbations)
    scores = model.scores(features.rows)
    return Evaluation(model, features.images, scores, features.seconds)
