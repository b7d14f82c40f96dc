"""Plots of results: the confusion matrix, and the mistakes as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.pipeline.plots.layout import TITLE_SIZE, panels, show
from handcraft.pipeline.run.text import NBSP, plot_label

MAX_WRITTEN = 20
"""The most classes for which numbers are written into the cells."""

MAX_NAMED = 40
"""The most classes for which all are named along the axes."""


def draw_confusion(axes: Axes, confusion: NDArray[np.integer[Any]], names: Sequence[str]) -> None:
    """Draw the numbers of images by true class (row) and predicted class (column).

    Shades are shares of the row, so that classes with few images are visible too.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Greens", vmin=0, vmax=1)
    if len(names) <= MAX_WRITTEN:
        for (row, column), count in np.ndenumerate(confusion):
            if count:
                colour = "white" if shares[row, column] > 0.6 else "black"
                axes.text(column, row, str(count), ha="center", va="center", color=colour)
    if len(names) <= MAX_NAMED:
        labels = [plot_label(name, 24) for name in names]
        axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=TITLE_SIZE)
        axes.set_yticks(range(len(names)), labels, fontsize=TITLE_SIZE)
    axes.set(xlabel="predicted class", ylabel="true class")


def draw_mistakes(
    axes: Axes, images: Sequence[Image], given: Sequence[str], true: Sequence[str]
) -> None:
    """Show images with their predicted and true class."""
    titles = [
        f"{plot_label(g, 18)}{NBSP}?\n{plot_label(t, 18)}" for g, t in zip(given, true, strict=True)
    ]
    if not titles:
        axes.set_axis_off()
        axes.text(0.5, 0.5, "no mistakes", ha="center", transform=axes.transAxes)
        return
    for panel, image, title in zip(panels(axes, titles), images, titles, strict=True):
        show(panel, image)
        panel.set_title(title, fontsize=TITLE_SIZE, pad=3)
