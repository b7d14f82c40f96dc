"""The tour's plots, each returned as a figure for the page to embed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from handcraft.classifiers.optim.minimise import SCHEDULES, History
from handcraft.classifiers.optim.random_search import Descent
from handcraft.data.decode import Image
from handcraft.features.hue import hue_histograms
from handcraft.features.resize import resize
from handcraft.pipeline.plots.layout import single
from handcraft.pipeline.plots.seen import draw_hog
from handcraft.pipeline.plots.style import CHANCE_COLOUR, INK, RAW_COLOUR
from handcraft.pipeline.tour.frames import FIRST, PALE, SECOND
from handcraft.pipeline.tour.hard_cases import Fit, HardCase
from handcraft.pipeline.tour.optimiser_races import Run, valley

COLOURS = ("#1f7a5a", "#c9822b", "#3f6fb0", "#8a4f9e", "#b3402e", "#5d6670")
PICTURE_SIDE = 96
"""Pixels of an image whose features are drawn."""

N_SCHEDULE_STEPS = 200
"""Points of a drawn schedule."""

HUES, BANDS, CELLS, ORIENTATIONS = 18, 5, 12, 9


def neighbour_accuracy(
    k_grid: Sequence[int], accuracy: Mapping[str, Sequence[float]], chance: float
) -> Figure:
    """Draw test accuracy by the number of neighbours that vote, a line per distance."""
    figure, axes = single(6.2, 2.8)
    for colour, (metric, values) in zip(COLOURS, accuracy.items(), strict=False):
        axes.plot(k_grid, 100 * np.array(values), "o-", color=colour)
        axes.annotate(
            metric.upper(),
            (k_grid[-1], 100 * values[-1]),
            (8, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    axes.axhline(100 * chance, color=CHANCE_COLOUR, linestyle=":", linewidth=1)
    axes.text(k_grid[0], 100 * chance, "chance", color=CHANCE_COLOUR, va="bottom")
    axes.set(xlabel="k, the neighbours that vote", ylabel="test accuracy (%)", xticks=k_grid)
    axes.set_ylim(bottom=0)
    return figure


def search_curves(descents: Mapping[str, Descent]) -> Figure:
    """Draw the loss against the number of loss evaluations, a line per optimiser."""
    figure, axes = single(7.2, 3.2)
    for colour, (name, descent) in zip(("#5d6670", *COLOURS[1::-1]), descents.items(), strict=True):
        axes.plot(descent.losses, color=colour, label=name, linewidth=2)
    axes.set(xlabel="loss evaluations", ylabel="training loss")
    axes.legend(frameon=False)
    return figure


def learning_rate_curves(runs: Mapping[str, Run]) -> Figure:
    """Draw the training loss by epoch, a line per learning rate."""
    figure, axes = single(7.2, 3.2)
    colours = mpl.colormaps["viridis"](np.linspace(0, 0.85, len(runs)))
    for colour, (name, run) in zip(colours, runs.items(), strict=True):
        _plot_loss(axes, run, name, colour, 3.5 if name.startswith("good") else 1.5)
    axes.legend(frameon=False, bbox_to_anchor=(1, 0.5), loc="center left", title="learning rate")
    return figure


def schedule_curves(runs: Mapping[str, Run]) -> Figure:
    """Draw the schedules as shares of the first learning rate, and the loss under each."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    rates, losses = figure.subplots(1, 2)
    steps = range(N_SCHEDULE_STEPS)
    done = np.linspace(0, 100, N_SCHEDULE_STEPS, endpoint=False)
    for colour, (name, run) in zip(COLOURS, runs.items(), strict=True):
        schedule = SCHEDULES[name](1.0, N_SCHEDULE_STEPS)
        rates.plot(done, [schedule(step) for step in steps], color=colour)
        label = f"{name.replace('_', ' ')}: {run.final_loss:.2f}"
        _plot_loss(losses, run, label, colour, 1.8)
    rates.set(xlabel="training done (%)", ylabel="learning rate / first one", ylim=(0, 1.05))
    losses.legend(
        frameon=False, bbox_to_anchor=(1, 0.5), loc="center left", title="loss at the end"
    )
    return figure


def race_curves(runs: Mapping[str, Run]) -> Figure:
    """Draw the training loss by epoch, a line per update rule, the winner first in the legend."""
    figure, axes = single(7.2, 3.4)
    colours = dict(zip(runs, COLOURS, strict=False))
    for name, run in sorted(runs.items(), key=lambda item: item[1].final_loss):
        label = f"{name} (at {run.rate:g}): {run.final_loss:.2f}"
        _plot_loss(axes, run, label, colours[name], 1.8)
    axes.legend(frameon=False, bbox_to_anchor=(1, 0.5), loc="center left", title="loss at the end")
    return figure


def caption_curve(history: History) -> Figure:
    """Draw the loss of a word by epoch."""
    figure, axes = single(6.2, 2.4)
    losses = history.training_loss
    axes.plot(range(1, len(losses) + 1), losses, color=COLOURS[0], linewidth=1.8)
    axes.set(xlabel="epoch", ylabel="loss of a word", ylim=(0, None))
    return figure


def valley_map(paths: Mapping[str, NDArray[np.float64]]) -> Figure:
    """Draw each update rule's path over the contours of the valley, a panel each."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    x, y = np.meshgrid(np.linspace(-2.2, 1, 120), np.linspace(-0.72, 0.72, 80))
    height = np.reshape([valley(w)[0] for w in np.stack([x, y], -1).reshape(-1, 2)], x.shape)
    for axes, (name, path), colour in zip(panels.flat, paths.items(), COLOURS, strict=True):
        axes.contour(x, y, np.sqrt(height), 9, colors="#9aa1ab", linewidths=0.5)
        axes.plot(*path.T, ".-", color=colour, linewidth=1.2, markersize=4)
        axes.plot(0, 0, "*", color=INK, markersize=7)
        left = valley(path[-1])[0]
        end = f"{left:.1g}" if left > 0.001 else "under 0.001"
        axes.set_title(f"{name}: ends {end} above it", fontsize=10)
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return figure


def hard_case_maps(cases: Mapping[str, HardCase]) -> Figure:
    """Draw each case's points over the regions of the linear classifier, and of the network."""
    figure = Figure(figsize=(8.4, 5.8), layout="constrained")
    panels = figure.subplots(2, len(cases))
    for (linear, network), (name, case) in zip(panels.T, cases.items(), strict=True):
        _draw_regions(linear, case, case.linear, f"{name}\n")
        _draw_regions(network, case, case.network, "")
    panels[0, 0].set_ylabel("linear")
    panels[1, 0].set_ylabel("two layers")
    return figure


def _draw_regions(axes: Axes, case: HardCase, fit: Fit, title: str) -> None:
    colours = np.array([FIRST, SECOND])
    axes.imshow(fit.regions, cmap=PALE, origin="lower", extent=(-1, 1, -1, 1), vmin=0, vmax=1)
    x, y = case.points.T
    axes.scatter(x, y, s=6, c=colours[case.labels.astype(int)], linewidths=0)
    axes.set_title(f"{title}{100 * fit.accuracy:.1f}\N{NO-BREAK SPACE}% accuracy", fontsize=10)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def feature_pictures(image: Image) -> Figure:
    """Draw an image, its gradients by cell, and the hues of its horizontal bands."""
    picture = resize(image, PICTURE_SIDE, PICTURE_SIDE)
    figure = Figure(figsize=(9, 2.7), layout="constrained")
    grid = figure.add_gridspec(BANDS, 3, width_ratios=(1, 1, 1.25))
    shown = figure.add_subplot(grid[:, 0])
    shown.imshow(picture)
    shown.hlines(np.arange(1, BANDS) * PICTURE_SIDE / BANDS - 0.5, -0.5, PICTURE_SIDE - 0.5, "w")
    shown.set_title("the image, in five bands", fontsize=10)
    shown.set_axis_off()
    edges = figure.add_subplot(grid[:, 1])
    draw_hog(edges, picture, CELLS, ORIENTATIONS)
    edges.set_title("HOG: edges, cell by cell", fontsize=10)
    histograms = hue_histograms(picture[None], HUES, BANDS)[0]
    bands = [figure.add_subplot(grid[band, 2]) for band in range(BANDS)]
    _draw_hues(bands, np.sqrt(histograms))
    return figure


def _draw_hues(panels: Sequence[Axes], bands: NDArray[np.float32]) -> None:
    """Draw the bars of each band in the colours that they stand for, the grey share last."""
    hues = mpl.colormaps["hsv"]((np.arange(HUES) + 0.5) / HUES)
    colours = [*map(tuple, hues), RAW_COLOUR]
    for axes, values in zip(panels, bands, strict=True):
        axes.bar(range(HUES + 1), values, color=colours, width=0.9)
        axes.set(ylim=(0, 1), xticks=[], yticks=[])
        axes.spines["left"].set_visible(False)
    panels[0].set_title("hue: colours, band by band; grey last", fontsize=10)


def _plot_loss(
    axes: Axes, run: Run, label: str, colour: str | NDArray[np.float64], width: float
) -> None:
    losses = run.history.training_loss
    axes.plot(range(1, len(losses) + 1), losses, color=colour, label=label, linewidth=width)
    axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
