"""The plot of the learning curve, to show whether more images would help."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from handcraft.pipeline.diagnosis.size_curve import SizeCurve
from handcraft.pipeline.plots.layout import single
from handcraft.pipeline.plots.style import ENGINEERED_COLOUR, INK, WIDE


def size_curve_plot(curve: SizeCurve, width: float = WIDE) -> Figure:
    """Draw accuracy against the number of training images: measurements, and extrapolated band.

    Parameters
    ----------
    width
        In inches.
    """
    figure, axes = single(width, 3.4)
    draw_size_curve(axes, curve)
    return figure


def draw_size_curve(axes: Axes, curve: SizeCurve) -> None:
    """Draw the content of `size_curve_plot`."""
    axes.fill_between(
        curve.future_sizes, 100 * curve.low, 100 * curve.high, color=ENGINEERED_COLOUR, alpha=0.2
    )
    axes.plot(curve.future_sizes, 100 * curve.continued, "--", color=ENGINEERED_COLOUR)
    axes.plot(curve.sizes, 100 * curve.accuracies, "o-", color=ENGINEERED_COLOUR)
    middle = len(curve.future_sizes) // 2
    ends = [*curve.sizes, *curve.future_sizes[[middle, -1]]]
    for size, accuracy in zip(curve.sizes, curve.accuracies, strict=True):
        axes.annotate(f"{100 * accuracy:.1f}", (size, 100 * accuracy), (0, 7),
                      textcoords="offset points", ha="center")  # fmt: skip
    axes.axvline(curve.sizes[-1], color=INK, alpha=0.3, linewidth=1, linestyle=":")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(ends))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:,.0f}"))
    axes.margins(y=0.12)
    axes.set(xlabel="training images", ylabel="test accuracy (%)")
