"""Shortcuts: how well properties unrelated to the picture predict the class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handcraft.data.splits import grouped_stratified_folds
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.image_checks import GREY
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.experiment.statistics import Interval, wilson_interval
from handcraft.pipeline.run.text import percent

N_FOLDS = 5
MAX_CELLS = 64
"""Bins of a single value: as many as cells of three components with four bins each."""

WORTH_A_LOOK, SUSPICIOUS = 0.1, 0.5
"""Shares of the possible gain over guessing. The mean colour alone gains 0.1 on CIFAR-10, which is
content; a file size that gives away every second class is not."""


@dataclass(frozen=True)
class Shortcut:
    """How well one property of the files alone predicts the class.

    `accuracy` on held-out images is in [0, 1], `interval` its 95 % interval (Wilson), and `chance`
    the share of the largest class, the accuracy of guessing.
    """

    name: str
    accuracy: float
    interval: Interval
    chance: float

    @property
    def gain(self) -> float:
        """The certain gain over guessing, as a share of the possible gain."""
        return (self.interval.low - self.chance) / max(1 - self.chance, 1e-9)


def draw_folds(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the fold of each image; `N_FOLDS` means none, for a class of one image."""
    return grouped_stratified_folds(labels, None, N_FOLDS, np.random.default_rng(0))


def measure_shortcut(
    name: str, values: NDArray[np.float64], labels: NDArray[np.intp], folds: NDArray[np.intp]
) -> Shortcut:
    """Predict each label from `values`, (n_images,) or (n_images, n_components), alone."""
    predicted = predict_by_bins(values.reshape(len(labels), -1), labels, folds)
    correct = (predicted == labels)[folds < N_FOLDS]
    return Shortcut(
        name,
        float(correct.mean()),
        wilson_interval(int(correct.sum()), len(correct)),
        float(np.bincount(labels).max() / len(labels)),
    )


def predict_by_bins(
    values: NDArray[np.float64], labels: NDArray[np.intp], folds: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Predict each label from `values` alone, out of fold.

    A histogram classifier (Devroye, Györfi & Lugosi, A probabilistic theory of pattern
    recognition, 1996, chapter 9): each component is binned at quantiles of the training images,
    and a cell predicts its most frequent class; an empty cell, that of all images.

    Parameters
    ----------
    values
        (n_images, n_components).
    labels, folds
        (n_images,).

    Returns
    -------
    NDArray
        (n_images,); -1 for an image that is in none of the folds.
    """
    predicted = np.full(len(labels), -1, np.intp)
    for fold in range(N_FOLDS):
        held_out = folds == fold
        cells = _cells(values, values[~held_out])
        votes = np.zeros((int(cells.max()) + 1, int(labels.max()) + 1), np.intp)
        np.add.at(votes, (cells[~held_out], labels[~held_out]), 1)
        votes[~votes.any(axis=1)] = votes.sum(axis=0)
        predicted[held_out] = votes.argmax(axis=1)[cells[held_out]]
    return predicted


def _cells(values: NDArray[np.float64], training: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the number of each row's cell, with bins at quantiles of the training rows."""
    n_rows, n_components = training.shape
    n_cells = min(MAX_CELLS, n_rows**0.5)  # about as many images in a cell as there are cells
    n_bins = max(4, round(n_cells ** (1 / n_components)))
    cells = np.zeros(len(values), np.intp)
    for column, known in zip(values.T, training.T, strict=True):
        edges = np.unique(np.quantile(known, np.linspace(0, 1, n_bins + 1)[1:-1]))
        cells = cells * (n_bins + 1) + np.searchsorted(edges, column, side="right")
    return cells


def codes(names: NDArray[np.str_]) -> NDArray[np.float64]:
    """Return a number for each name."""
    return np.unique(names, return_inverse=True)[1].astype(np.float64)


PROPERTIES: dict[str, Callable[[Survey], NDArray[np.float64]]] = {
    "file size": lambda s: s.values(lambda m: float(m.n_bytes)),
    "image size": lambda s: s.values(lambda m: (float(m.info.height), float(m.info.width))),
    "aspect ratio": lambda s: s.values(lambda m: m.info.width / m.info.height),
    "file format": lambda s: codes(s.values(lambda m: f"{m.info.format} {m.info.bits}")),
    "grey or colour": lambda s: s.values(lambda m: float(m.chroma <= GREY)),
    "mean colour": lambda s: s.values(lambda m: m.colour).astype(np.float64),
    "time of the file": lambda s: s.values(lambda m: m.modified),
}
"""The properties that may predict the class."""

HARMLESS = frozenset({"time of the file"})
"""Properties that no feature sees: they show how the images were collected, or merely copied."""


def measure_shortcuts(survey: Survey) -> list[Shortcut]:
    """Measure every property on the training images; none if there is nothing to predict."""
    chosen = ~survey.in_test
    properties = {name: values(survey)[chosen] for name, values in PROPERTIES.items()}
    return measure_all(properties, survey.labels[chosen])


def measure_all(
    properties: Mapping[str, NDArray[np.float64]], labels: NDArray[np.intp]
) -> list[Shortcut]:
    """Measure each property of the images, (n_images,) or (n_images, n_components).

    There is nothing to predict with a single class, or no class of two images.
    """
    counts = np.bincount(labels)
    if np.count_nonzero(counts) < 2 or counts.max() < 2:
        return []
    folds = draw_folds(labels)
    return [measure_shortcut(name, values, labels, folds) for name, values in properties.items()]


def judge_shortcuts(shortcuts: Sequence[Shortcut]) -> list[Finding]:
    """Find the properties that predict the class much better than guessing."""
    findings = []
    for severity, threshold, remedy in [
        (
            Severity.WARNING,
            SUSPICIOUS,
            "collect all classes in the same way, or the model may learn this instead",
        ),
        (Severity.NOTE, WORTH_A_LOOK, "check whether the classes were collected in the same way"),
    ]:
        found = [shortcut for shortcut in shortcuts if severity_of(shortcut) == severity]
        if found:
            sentence = f"The class can be {predicted_by(found)}"
            findings.append(Finding("shortcuts", severity, sentence, remedy, threshold=threshold))
    return findings


def predicted_by(shortcuts: Sequence[Shortcut]) -> str:
    """Describe how well each property predicts the class, and how well guessing does."""
    names = " or ".join(f"{s.name} ({percent(s.accuracy)})" for s in shortcuts)
    return f"predicted by {names} alone; guessing reaches {percent(shortcuts[0].chance)}"


def severity_of(shortcut: Shortcut) -> Severity | None:
    """Return the severity of a shortcut; None if it is not one."""
    if shortcut.gain < WORTH_A_LOOK:
        return None
    suspicious = shortcut.gain >= SUSPICIOUS and shortcut.name not in HARMLESS
    return Severity.WARNING if suspicious else Severity.NOTE
