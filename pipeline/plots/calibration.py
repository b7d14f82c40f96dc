"""Plots of probabilities: calibration, and accuracy against coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from handcraft.pipeline.experiment.metrics import reliability
from handcraft.pipeline.plots.layout import single
from handcraft.pipeline.plots.style import ENGINEERED_COLOUR, INK
from handcraft.pipeline.run.text import NBSP

Labels = NDArray[np.intp]
Probabilities = NDArray[np.floating[Any]]


LABEL_WIDTH, LABEL_HEIGHT = 12.0, 0.06
"""Size of a label next to a dot: in per cent of images, and as a share of the accuracy range."""


def reliability_diagram(probabilities: Probabilities, labels: Labels) -> Figure:
    """Draw accuracy against confidence in bins of equal size; the diagonal is calibrated.

    DeGroot & Fienberg, "The Comparison and Evaluation of Forecasters", 1983.
    """
    figure, axes = single(4.5, 4.2)
    draw_reliability(axes, probabilities, labels)
    return figure


def draw_reliability(axes: Axes, probabilities: Probabilities, labels: Labels) -> None:
    """Draw the content of `reliability_diagram`."""
    confidence, accuracy, _ = reliability(probabilities, labels)
    axes.plot([0, 100], [0, 100], color=INK, alpha=0.4, linestyle=":", linewidth=1)
    axes.plot(100 * confidence, 100 * accuracy, "o-", color=ENGINEERED_COLOUR, markersize=5)
    axes.set(xlabel="mean probability of the predicted class (%)", ylabel="accuracy (%)")
    axes.set(xlim=(0, 102), ylim=(0, 102), aspect="equal")


def coverage_curve(probabilities: Probabilities, labels: Labels) -> Figure:
    """Draw accuracy against coverage: on the images with the highest confidence, by their share.

    El-Yaniv & Wiener, "On the Foundations of Noise-free Selective Classification", 2010.
    """
    figure, axes = single(4.5, 4.2)
    threshold, coverage, accuracy = coverage_of_thresholds(probabilities, labels)
    axes.plot(100 * coverage, 100 * accuracy, color=ENGINEERED_COLOUR)
    answered = {wanted: int(np.sum(threshold >= wanted)) for wanted in (0.5, 0.7, 0.9)}
    places = {w: (100 * coverage[n - 1], 100 * accuracy[n - 1]) for w, n in answered.items() if n}
    if places:
        axes.plot(*zip(*places.values(), strict=True), "o", color=ENGINEERED_COLOUR)
    for group in _neighbours(places, float(np.ptp(100 * accuracy))):
        label = f"{', '.join(f'{100 * wanted:.0f}' for wanted in group)}{NBSP}%"
        side = "left" if len(group) == 1 else "right"
        axes.annotate(label, places[group[0]], (4, 6), textcoords="offset points", ha=side)
    axes.set_ylim(top=min(100.5, axes.get_ylim()[1]))
    axes.set(xlabel="images answered (%)", ylabel="accuracy on them (%)", xlim=(0, 102))
    return figure


def _neighbours(places: dict[float, tuple[float, float]], height: float) -> list[list[float]]:
    """Return the dots in groups with overlapping labels; `height` is that of the axis."""
    groups: list[list[float]] = []
    for wanted, (x, y) in places.items():
        left, top = places[groups[-1][0]] if groups else (np.inf, np.inf)
        if abs(left - x) < LABEL_WIDTH and abs(top - y) <= LABEL_HEIGHT * height:
            groups[-1].append(wanted)
        else:
            groups.append([wanted])
    return groups


def coverage_of_thresholds(
    probabilities: Probabilities, labels: Labels
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return probability thresholds, with coverage and accuracy at or above each of them.

    Returns
    -------
    threshold, coverage, accuracy
        (n_images,) each, thresholds descending: the least probability of the predicted class, the
        share of images that reach it, and the accuracy on these.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = probabilities.argmax(axis=1) == labels
    order = np.argsort(-confidence, kind="stable")
    n_answered = np.arange(1, len(order) + 1)
    return confidence[order], n_answered / len(order), np.cumsum(correct[order]) / n_answered
