"""What a model got right and wrong: the confusion matrix, and the mistakes as pictures."""

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
"""Classes up to which numbers stand in the cells."""

MAX_NAMED = 40
"""Classes up to which all of them are named along the axes."""


def draw_confusion(axes: Axes, confusion: NDArray[np.integer[Any]], names: Sequence[str]) -> None:
    """Draw how many images of each class (row) were given which class (column).

    Shades are shares of the row, so that classes with few images are seen too.
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
    """Show images with the class that each was given, and the true one."""
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
