"""Frames of the tour's sliders: pictures of the same size, drawn in advance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from handcraft.pipeline.tour.optimiser_races import valley

FIRST, SECOND = "#c9822b", "#1f7a5a"
"""Colours of two classes, distinguishable with red-green colour blindness."""

PALE = ListedColormap(["#f6e7d3", "#d2e7df"])
"""The regions of these classes."""


class Frame(NamedTuple):
    """One position of a slider: its value, a description of the result, and a picture."""

    value: str
    text: str
    figure: Figure


def loss_bars(losses: Mapping[str, float]) -> Figure:
    """Draw the losses of the worked example's images, with their mean as a line."""
    figure = Figure(figsize=(6, 1.7), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(list(losses)[::-1], list(losses.values())[::-1], color=SECOND, height=0.6)
    axes.axvline(float(np.mean(list(losses.values()))), color=FIRST, linestyle="--")
    axes.set(xlim=(0, 28), xlabel="hinge loss (dashed: the mean)")
    return figure


def valley_descent(path: NDArray[np.float64]) -> Figure:
    """Draw the path of plain gradient descent over the contours of the valley."""
    figure = Figure(figsize=(6, 2.6), layout="constrained")
    axes = figure.add_subplot()
    x, y = np.meshgrid(np.linspace(-2.2, 1, 60), np.linspace(-0.72, 0.72, 40))
    height = np.reshape([valley(w)[0] for w in np.stack([x, y], -1).reshape(-1, 2)], x.shape)
    axes.contour(x, y, np.sqrt(height), 9, colors="#9aa1ab", linewidths=0.6)
    axes.plot(*path.T, ".-", color=SECOND, linewidth=1.2, markersize=4)
    axes.plot(0, 0, "*", color=FIRST, markersize=9)
    axes.set(xlim=(-2.2, 1), ylim=(-0.72, 0.72), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return figure


def regions(
    points: NDArray[np.float64], labels: NDArray[np.bool_], predicted: NDArray[np.bool_]
) -> Figure:
    """Draw points of two classes over the regions of a classifier: (side, side), rows upwards."""
    figure = Figure(figsize=(3.2, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(predicted, cmap=PALE, origin="lower", extent=(-1, 1, -1, 1), vmin=0, vmax=1)
    colours = np.array([FIRST, SECOND])[labels.astype(int)]
    x, y = points.T
    axes.scatter(x, y, s=6, c=colours, linewidths=0)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return figure
