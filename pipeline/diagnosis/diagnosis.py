"""The report's diagnosis of a model's training images, from rows already computed."""

from __future__ import annotations

import copy
import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import Classifier
from handcraft.classifiers.numerics.rows import RowMatrix, TrainingData
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.classifiers.training.eigenvectors import are_few
from handcraft.classifiers.training.row_space import RowSpace
from handcraft.pipeline.diagnosis.confident_learning import N_FOLDS, Doubts, doubtful_labels
from handcraft.pipeline.diagnosis.size_curve import (
    MIN_PER_CLASS,
    SizeCurve,
    size_curve,
    training_sizes,
)
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.training import Tunable, refit
from handcraft.pipeline.extraction.rows import Features, compute_rows
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext

Labels = NDArray[np.intp]

STEPS = {"Looking": 1, "Retraining": 1}
"""The steps that `diagnose` adds to a run; see `Progress.expect`."""

WHAT = "Doubtful labels and a learning curve"
"""The name of the diagnosis in messages."""


@dataclass(frozen=True)
class Diagnosis:
    """Doubtful labels and the learning curve; `missing` explains what could not be computed.

    `images` are the training images that `doubts` indexes.
    """

    images: CheckedImages
    doubts: Doubts | None = None
    curve: SizeCurve | None = None
    missing: tuple[str, ...] = ()


def diagnose(evaluation: Evaluation, training: CheckedImages, context: RunContext) -> Diagnosis:
    """Find doubtful labels and a learning curve by training again on parts of the rows.

    Parameters
    ----------
    evaluation
        Of the model on its test images.
    training
        Its training images.
    """
    classifier = evaluation.model.classifier
    if not isinstance(classifier, Classifier):
        reason = f"{WHAT} are not available for scikit-learn's classifiers."
        for step in STEPS:
            context.progress.skip(step)
        return Diagnosis(training, missing=(reason,))
    try:
        return _diagnose(classifier, evaluation, training, context)
    except FloatingPointError as error:  # the model itself is trained and valid
        return Diagnosis(training, missing=(f"{WHAT} are not available: on fewer images {error}.",))


def _diagnose(
    classifier: Classifier, evaluation: Evaluation, training: CheckedImages, context: RunContext
) -> Diagnosis:
    features = compute_rows(evaluation.model.extractor, training, context)
    space = _row_space(evaluation.model, features, context)
    rows = features.rows if space is None else space.coordinates.X
    doubts = _doubts(classifier, rows, features.images, context)
    missing = _why_no_curve(evaluation, features.images)
    if missing:
        context.progress.skip("Retraining")
        return Diagnosis(features.images, doubts, missing=missing)
    curve = _curve(classifier, evaluation, features.images.labels, rows, space, context)
    return Diagnosis(features.images, doubts, curve)


def _row_space(model: Model, features: Features, context: RunContext) -> RowSpace | None:
    """Return the span of few long rows, in which each training takes a fraction of the time.

    `Tunable` classifiers give the same results there, as they depend on inner products only.
    """
    rows, labels = features.rows, features.images.labels
    if model.space is not None and len(model.space.coordinates.X) == len(rows):
        return model.space
    if not isinstance(model.classifier, Tunable) or not are_few(len(rows), rows.shape[1]):
        return None
    return RowSpace.of(TrainingData(rows, labels, None, np.unique(labels)), context.n_jobs)


def _doubts(
    classifier: Classifier, rows: RowMatrix, images: CheckedImages, context: RunContext
) -> Doubts:
    if isinstance(classifier, Tunable):
        n_cores = usable_cores(context.n_jobs)
        n_each = n_cores // min(n_cores, N_FOLDS)  # folds are trained in parallel
        classifier = copy.copy(classifier).set_params(n_jobs=n_each)
    learn = functools.partial(refit, classifier)
    with context.progress.stage("Looking for doubtful labels", N_FOLDS, "folds") as bar:
        return doubtful_labels(
            learn, rows, images.labels, images.groups, bar.advance, context.n_jobs
        )


def _why_no_curve(evaluation: Evaluation, training: CheckedImages) -> tuple[str, ...]:
    """Return why there is no learning curve, if there is none."""
    what = "The benefit of more images"
    if evaluation.resamples is not None:
        return (f"{what} is not measured with several random splits.",)
    wanted = MIN_PER_CLASS * len(evaluation.model.class_names)
    if evaluation.fold_probabilities is None and len(training) >= wanted:
        return ()
    return (
        f"{what} is not measured: an eighth of the images are too few to train on; it takes "
        f"{wanted:,} training images, and others to test on.",
    )


def _curve(
    classifier: Classifier,
    evaluation: Evaluation,
    labels: Labels,
    rows: RowMatrix,
    space: RowSpace | None,
    context: RunContext,
) -> SizeCurve:
    tested = compute_rows(evaluation.model.extractor, evaluation.images, context).rows
    n_trained = int(training_sizes(len(labels)).sum())
    with context.progress.stage("Retraining on fewer images", n_trained, "images") as bar:
        return size_curve(
            functools.partial(refit, classifier),
            rows,
            labels,
            tested if space is None else space.project(tested),
            evaluation.labels,
            evaluation.predicted,
            evaluation.model.training.seed,
            bar.advance,
        )
