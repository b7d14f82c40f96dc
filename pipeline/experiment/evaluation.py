"""Evaluation of a model: its scores on test images, and the metrics computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.validation import mean_validation
from handcraft.data.image_set import ImageSet
from handcraft.pipeline.experiment import metrics
from handcraft.pipeline.experiment.model import Model, Scores
from handcraft.pipeline.experiment.statistics import (
    Interval,
    Labels,
    confusion_matrix,
    mean_per_class_accuracy,
    mean_per_class_interval,
    resampled_interval,
    vary,
    wilson_interval,
)
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True, eq=False)
class Resamples:
    """Several random splits.

    Attributes
    ----------
    numbers
        The split in which each image was tested, from 0: (n_images,).
    test_ratio
        Test images per training image.
    """

    numbers: NDArray[np.intp]
    test_ratio: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Scores of a model on test images: a line of every table.

    `images` are the readable test images; `scores` is (n_images, n_classes). With folds or several
    random splits the scores are those of several models, and `fold_probabilities` their
    probabilities; `model` is then the one trained in the same way on all images, or on the first
    split. With `resamples`, accuracies are means over the splits, and other metrics are computed
    on the images of all splits together.
    """

    model: Model
    images: CheckedImages
    scores: Scores
    test_extract_seconds: float
    fold_probabilities: Scores | None = None
    resamples: Resamples | None = None

    def part(self, chosen: NDArray[np.bool_]) -> Evaluation:
        """Return the evaluation on some of the images, by a mask: (n_images,)."""
        images = self.images.images.subset(np.flatnonzero(chosen))
        of_folds, splits = self.fold_probabilities, self.resamples
        return replace(
            self,
            images=replace(self.images, images=images),
            scores=self.scores[chosen],
            fold_probabilities=None if of_folds is None else of_folds[chosen],
            resamples=splits and replace(splits, numbers=splits.numbers[chosen]),
        )

    @cached_property
    def once(self) -> Evaluation:
        """The evaluation with each image as first tested, as if on one split."""
        if self.resamples is None:
            return self
        first = np.unique([str(path) for path in self.images.paths], return_index=True)[1]
        is_first = np.isin(np.arange(len(self.labels)), first)
        return replace(self.part(is_first), resamples=None)

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

        None if the model was loaded: its file does not hold them.
        """
        before = self.model.training.extract_seconds
        return None if before is None else before + self.test_extract_seconds

    @property
    def train_seconds(self) -> float | None:
        """The seconds to choose the hyperparameters and to train; None if the model was loaded."""
        return self.model.training.train_seconds

    @cached_property
    def predicted(self) -> NDArray[np.intp]:
        """The class of the highest score, for each image."""
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
        """The share of images classified correctly; with splits, the mean over them."""
        return float(self.accuracies.mean())

    @cached_property
    def accuracies(self) -> NDArray[np.float64]:
        """The accuracy on each random split, or the only one: (n_splits,)."""
        return self._by_split(lambda labels, predicted: float(np.mean(labels == predicted)))

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the accuracies on the random splits; None with one split."""
        return float(self.accuracies.std(ddof=1)) if len(self.accuracies) > 1 else None

    @property
    def interval(self) -> Interval:
        """The 95 % interval of the accuracy: Wilson's, or that of a mean over splits."""
        if self.resamples is None or not vary(self.accuracies):
            correct = self.once.correct
            return wilson_interval(int(correct.sum()), len(correct))
        return _of_share(self.accuracies, self.resamples)

    @cached_property
    def probabilities(self) -> Scores:
        """The probability of each class for each image: (n_images, n_classes)."""
        if self.fold_probabilities is not None:
            return self.fold_probabilities
        return self.model.probabilities(self.scores)

    @property
    def figures(self) -> dict[str, float | None]:
        """Further metrics, by their names in results.json; see `metrics`."""
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
        return float(self._by_split(mean_per_class_accuracy).mean())

    @property
    def mean_per_class_interval(self) -> Interval:
        """Its 95 % interval: each class a stratum, or that of a mean over splits."""
        values = self._by_split(mean_per_class_accuracy)
        if self.resamples is None or not vary(values):
            return mean_per_class_interval(self.once.labels, self.once.predicted)
        return _of_share(values, self.resamples)

    def _by_split(self, measure: Callable[[Labels, Labels], float]) -> NDArray[np.float64]:
        """Return a metric of the true and predicted classes of each split: (n_splits,)."""
        numbers = np.zeros_like(self.labels) if self.resamples is None else self.resamples.numbers
        parts = [numbers == number for number in np.unique(numbers)]
        return np.array([measure(self.labels[part], self.predicted[part]) for part in parts])


def evaluate(
    model: Model, images: CheckedImages, context: RunContext, *perturbations: str
) -> Evaluation:
    """Classify the test images, unchanged or after some `PERTURBATIONS` of `handcraft.data`."""
    features = compute_rows(model.extractor, images, context, perturbations)
    scores = model.scores(features.rows)
    return Evaluation(model, features.images, scores, features.seconds)


def pooled(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Return one evaluation of models trained in the same way on several random splits.

    Its model is the first one, with the mean validation accuracy and the sum of the seconds.
    """
    first, training = evaluations[0], [evaluation.model.training for evaluation in evaluations]
    validation = mean_validation([t.validation for t in training])
    training_record = replace(
        training[0],
        validation_accuracy=validation and validation.accuracy,
        validation=validation,
        extract_seconds=sum(t.extract_seconds or 0 for t in training),
        train_seconds=sum(t.train_seconds or 0 for t in training),
    )
    n_tested = [len(evaluation.images) for evaluation in evaluations]
    numbers = np.repeat(np.arange(len(evaluations)), n_tested)
    return Evaluation(
        replace(first.model, training=training_record),
        _together([evaluation.images for evaluation in evaluations]),
        np.concatenate([evaluation.scores for evaluation in evaluations]),
        sum(evaluation.test_extract_seconds for evaluation in evaluations),
        np.concatenate([evaluation.probabilities for evaluation in evaluations]),
        Resamples(numbers, sum(n_tested) / sum(t.n_images for t in training)),
    )


def _together(parts: Sequence[CheckedImages]) -> CheckedImages:
    """Return the images of all parts, in their order."""
    paths = tuple(path for part in parts for path in part.paths)
    labels = np.concatenate([part.labels for part in parts])
    infos = {path: info for part in parts for path, info in part.infos.items()}
    unreadable = {error.path: error for part in parts for error in part.unreadable}
    return CheckedImages(ImageSet(paths, labels), infos, tuple(unreadable.values()))


def _of_share(values: NDArray[np.float64], resamples: Resamples) -> Interval:
    """Return the interval of a mean over splits, clipped to [0, 1]."""
    low, high = resampled_interval(values, resamples.test_ratio)
    return Interval(max(low, 0.0), min(high, 1.0))
