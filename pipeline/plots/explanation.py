"""An explanation as a plot: image and class, heat map, and the sum that makes up the difference."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from handcraft.pipeline.explanation.explanation import Explanation
from handcraft.pipeline.plots.style import AGAINST, FOR, INK, WIDE
from handcraft.pipeline.run.text import percent, plot_label


def draw_heat_map(ax: Axes, explanation: Explanation) -> None:
    """Draw the heat map of an explanation, under what its colours speak for."""
    given, against = (plot_label(c, 18) for c in (explanation.given, explanation.against))
    ax.imshow(explanation.heat_map)
    ax.set_title(f"for {given}", fontsize=10, loc="left", color=FOR)
    ax.set_title(f"for {against}", fontsize=10, loc="right", color=AGAINST)
    ax.set_axis_off()


def explanation_panels(explanation: Explanation, width: float = WIDE) -> Figure:
    """Draw an explanation: the image under its class, its heat map, bars of what feature sets add.

    Parameters
    ----------
    width
        In inches.
    """
    figure = Figure(figsize=(width, 0.36 * width), layout="constrained")
    photograph, heat, sums = figure.subplots(1, 3, width_ratios=(3, 3, 2))
    photograph.imshow(explanation.picture)
    p = percent(explanation.probabilities[explanation.given])
    photograph.set_title(f"{plot_label(explanation.given, 18)} {p}", fontsize=10)
    photograph.set_axis_off()
    draw_heat_map(heat, explanation)
    rows = [*explanation.parts.items(), ("bias", explanation.bias)]
    values = [value for _, value in rows]
    names = [plot_label(name, 18) for name, _ in rows]
    sums.barh(names, values, color=[FOR if value > 0 else AGAINST for value in values])
    sums.axvline(0, color=INK, linewidth=1)
    sums.invert_yaxis()
    sums.set_title(f"{explanation.difference:+.2f} in all", fontsize=10)
    return figure
