"""Layout of several pictures: a grid of panels within given axes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handcraft.data.decode import Image
from handcraft.pipeline.run.text import plot_label

TITLE_SIZE = 9
"""Font size in points: names of classes stay legible above panels an inch wide."""


def single(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of a size in inches, and the axes that fill it."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def panels(axes: Axes, titles: Sequence[str], n_columns: int | None = None) -> list[Axes]:
    """Return a panel within `axes` for each title, row by row, in about as many rows as columns."""
    axes.set_axis_off()
    n_columns = n_columns or math.ceil(math.sqrt(len(titles)))
    n_rows = -(-len(titles) // n_columns)
    made = []
    for i, title in enumerate(titles):
        row, column = divmod(i, n_columns)
        left, bottom = column / n_columns, 1 - (row + 1) / n_rows
        panel = axes.inset_axes((left, bottom, 0.94 / n_columns, 0.8 / n_rows))
        # With y given, titles do not search for ticks to avoid, half of the drawing time.
        panel.set_title(plot_label(title, 20), fontsize=TITLE_SIZE, pad=3, y=1)
        panel.set_axis_off()
        made.append(panel)
    return made


def show(axes: Axes, image: Image, alpha: float = 1.0) -> None:
    """Show an image, uint8 (height, width, 3 or 4), without ticks; small ones in whole pixels."""
    axes.imshow(image, alpha=alpha, interpolation="nearest" if len(image) < 64 else "antialiased")
    axes.set_axis_off()
