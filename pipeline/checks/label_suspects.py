"""Doubtful labels, by a quick model."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import Softmax
from handcraft.classifiers.numerics.rows import RowMatrix
from handcraft.data.image_set import ImageSet
from handcraft.data.names import counted, printable
from handcraft.features import make_extractor
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.diagnosis.confident_learning import N_FOLDS, doubtful_labels
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import percent

FEATURES = "hog+hue"
"""The features of the quick model: shape and colour, in about a millisecond for an image."""

TUNED = ("learning_rate", "reg", "whitening")
"""Hyperparameters tuned on the first fold and used for the others."""


def label_suspects(survey: Survey, context: RunContext) -> list[Finding]:
    """Find the training images that a model of the others assigns to another class."""
    chosen = np.flatnonzero(~survey.in_test)
    if len(np.unique(survey.labels[chosen])) < 2:
        return []
    groups = tuple(survey.groups[i] for i in chosen)
    suspected = ImageSet(survey.pick(chosen), survey.labels[chosen], groups)
    checked = check_images(suspected, context)
    features = learn_features(make_extractor(FEATURES), checked, 0, context)
    images, labels = features.images, features.images.labels
    with context.progress.stage("Looking for doubtful labels", N_FOLDS, "folds") as bar:
        doubts = doubtful_labels(QuickLearner(), features.rows, labels, images.groups, bar.advance)
    if len(doubts.images) == 0:
        return []
    return [
        Finding(
            "label suspects",
            Severity.NOTE,
            f"{counted(len(doubts.images), 'label')} doubtful to a quick model ({FEATURES}, "
            f"softmax), whose accuracy is {percent(doubts.accuracy)} on images that it has not "
            "seen",
            "look at the first ones; where the model is weak, most are its own mistakes",
            groups=tuple((images.paths[i],) for i in doubts.images),
            notes=tuple(f"more like {printable(survey.class_names[k])}" for k in doubts.likely),
            scores=tuple(doubts.p_given.tolist()),
        )
    ]


class QuickLearner:
    """Trains softmax classifiers: tuned the first time, and with the same hyperparameters."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}

    def __call__(self, rows: RowMatrix, labels: NDArray[np.intp]) -> Softmax:
        """Return the softmax classifier trained on some rows and their labels."""
        model = Softmax(**self._found, seed=0).fit(rows, labels)
        self._found = {name: model.best_params_[name] for name in TUNED}
        return model
