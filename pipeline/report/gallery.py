"""The photographs of a report: mistakes, uncertain ones, doubtful labels, confused classes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from handcraft.data.decode import DecodeOptions
from handcraft.pipeline.diagnosis.diagnosis import Diagnosis
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.pages.thumbnails import thumbnail_url
from handcraft.pipeline.report.mistakes import confused_pairs, least_certain, worst_mistakes
from handcraft.pipeline.report.why import mistake_map

N_MISTAKES, N_UNCERTAIN, N_SUSPECTS, N_PAIRS, N_PER_PAIR = 14, 7, 14, 5, 8
"""Numbers of images that fit two rows, one row, two rows, and a screen."""

SIDE = 112
"""Width of photographs on the page, in pixels."""

MAP_SIDE = 2 * SIDE
"""Width of heat maps, for screens with two dots per pixel."""


@dataclass(frozen=True)
class Photograph:
    """A test image and its prediction; probabilities are in [0, 1].

    `url` is None if the file is no longer readable; `why` is the heat map of a mistake, see
    `mistake_map`.
    """

    url: str | None
    name: str
    true: str
    predicted: str
    second: str
    p_true: float
    p_predicted: float
    p_second: float
    why: str | None = None

    @property
    def is_correct(self) -> bool:
        """Whether the prediction is correct."""
        return self.predicted == self.true


@dataclass(frozen=True)
class Suspect:
    """A training image with a doubtful label; probabilities are in [0, 1]."""

    url: str | None
    name: str
    given: str
    likely: str
    p_given: float
    p_likely: float


@dataclass(frozen=True)
class ConfusedClasses:
    """The images of a class predicted as another class: their number, and some of them."""

    true: str
    predicted: str
    count: int
    total: int
    shown: list[Photograph]


@dataclass(frozen=True)
class Gallery:
    """The photographs of the page."""

    mistakes: list[Photograph]
    uncertain: list[Photograph]
    confused: list[ConfusedClasses]


def gallery(evaluation: Evaluation, decoding: DecodeOptions) -> Gallery:
    """Return the photographs to show of an evaluation."""
    labels, probabilities = evaluation.labels, evaluation.probabilities
    names = evaluation.model.class_names
    photograph = functools.partial(_photograph, evaluation, decoding)
    totals = np.bincount(labels, minlength=len(names))
    return Gallery(
        [
            replace(photograph(i), why=mistake_map(evaluation, i, decoding, MAP_SIDE))
            for i in worst_mistakes(labels, probabilities, N_MISTAKES)
        ],
        [photograph(i) for i in least_certain(probabilities, N_UNCERTAIN)],
        [
            ConfusedClasses(
                names[pair.true],
                names[pair.predicted],
                len(pair.images),
                int(totals[pair.true]),
                [photograph(i) for i in pair.images[:N_PER_PAIR]],
            )
            for pair in confused_pairs(labels, probabilities.argmax(axis=1), N_PAIRS)
        ],
    )


def _photograph(evaluation: Evaluation, decoding: DecodeOptions, image: int) -> Photograph:
    """Return a test image, by its number, and its prediction."""
    names, path = evaluation.model.class_names, evaluation.images.paths[image]
    p, true = evaluation.probabilities[image], evaluation.labels[image]
    second, first = np.argsort(p, kind="stable")[-2:]
    return Photograph(
        thumbnail_url(path, SIDE, decoding),
        path.name,
        names[true],
        names[first],
        names[second],
        float(p[true]),
        float(p[first]),
        float(p[second]),
    )


def suspects(
    diagnosis: Diagnosis, class_names: Sequence[str], decoding: DecodeOptions
) -> list[Suspect]:
    """Return the training images with the most doubtful labels."""
    doubts, images = diagnosis.doubts, diagnosis.images
    if doubts is None:
        return []
    return [
        Suspect(
            thumbnail_url(images.paths[image], SIDE, decoding),
            images.paths[image].name,
            class_names[images.labels[image]],
            class_names[doubts.likely[i]],
            float(doubts.p_given[i]),
            float(doubts.p_likely[i]),
        )
        for i, image in enumerate(doubts.images[:N_SUSPECTS].tolist())
    ]
