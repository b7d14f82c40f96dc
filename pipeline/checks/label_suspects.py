"""Images whose label is doubtful, by confident learning with a quick model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import Softmax
from handcraft.data.image_set import ImageSet
from handcraft.data.names import counted, printable
from handcraft.features import make_extractor
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.shortcuts import N_FOLDS, draw_folds
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.duplicates import duplicate_groups
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import percent

Labels = NDArray[np.intp]
Probabilities = NDArray[np.floating]

FEATURES = "hog+hue"
"""The features of the quick model: shape and colour, in about a millisecond for an image."""

TUNED = ("learning_rate", "reg", "whitening")
"""The hyperparameters of the first fold that the others are trained with."""


def label_suspects(survey: Survey, context: RunContext) -> list[Finding]:
    """Find the training images that a model of the others takes for another class."""
    chosen = np.flatnonzero(~survey.in_test)
    if len(np.unique(survey.labels[chosen])) < 2:
        return []
    checked = check_images(ImageSet(survey.pick(chosen), survey.labels[chosen]), context)
    features = learn_features(make_extractor(FEATURES), checked, 0, context)
    images, labels = features.images, features.images.labels
    with context.progress.stage("Looking for doubtful labels", N_FOLDS) as bar:
        folds = draw_folds(labels, duplicate_groups(images.digests))
        (judged,) = np.nonzero(folds < N_FOLDS)
        probabilities = held_out_probabilities(features.rows, labels, folds, bar.advance)[judged]
    suspects, likely = confident_suspects(probabilities, labels[judged])
    if len(suspects) == 0:
        return []
    accuracy = float(np.mean(probabilities.argmax(axis=1) == labels[judged]))
    return [
        Finding(
            "label suspects",
            Severity.NOTE,
            f"{counted(len(suspects), 'label')} doubtful to a quick model ({FEATURES}, softmax), "
            f"whose accuracy is {percent(accuracy)} on images that it has not seen",
            "look at the first ones; where the model is weak, most are its own mistakes",
            groups=tuple((images.paths[i],) for i in judged[suspects]),
            notes=tuple(f"more like {printable(survey.class_names[k])}" for k in likely),
            scores=tuple(probabilities[suspects, labels[judged[suspects]]].tolist()),
        )
    ]


def confident_suspects(probabilities: Probabilities, labels: Labels) -> tuple[Labels, Labels]:
    """Return the images whose label is doubtful, the most doubtful first, and their likely classes.

    Confident learning (Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
    dataset labels", 2021, doi:10.1613/jair.1.12125). A class is plausible for an image if its
    probability reaches the mean of those of the images with this label. A label is doubtful if
    another class is the most probable one of the plausible: the images off the diagonal of the
    confident joint. They are ordered by the probability of the label less that of the likely class.

    Parameters
    ----------
    probabilities
        Of each class, for each image, by a model that has not seen it: (n_images, n_classes).
    labels
        (n_images,).
    """
    images = np.arange(len(labels))
    given = probabilities[images, labels]
    sums = np.bincount(labels, given, minlength=probabilities.shape[1])
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    plausible = np.where(probabilities >= thresholds, probabilities, -1)
    likely = plausible.argmax(axis=1)
    suspects = np.flatnonzero((plausible.max(axis=1) >= 0) & (likely != labels))
    margins = given[suspects] - probabilities[suspects, likely[suspects]]
    suspects = suspects[np.argsort(margins, kind="stable")]
    return suspects, likely[suspects]


def held_out_probabilities(
    rows: Any, labels: Labels, folds: Labels, advance: Callable[[int], None] = lambda _: None
) -> Probabilities:
    """Return the probability of each class for each image, by a softmax of the other folds.

    The hyperparameters are tuned in the first fold, and kept for the others. An image of no fold
    has 0. After each fold ``advance(1)`` is called.
    """
    probabilities = np.zeros((len(labels), int(labels.max()) + 1))
    setting: dict[str, Any] = {}
    for fold in range(N_FOLDS):
        held_out, learned = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        model = Softmax(**setting, seed=0).fit(rows[learned], labels[learned])
        setting = {name: model.best_params_[name] for name in TUNED}
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(rows[held_out])
        advance(1)
    return probabilities
