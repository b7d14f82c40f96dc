"""Plots of one model or several: their accuracies, what perturbations cost, how training went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.stress import Stress
from handcraft.pipeline.plots.style import CHANCE_COLOUR, ENGINEERED_COLOUR, INK, RAW_COLOUR, WIDE
from handcraft.pipeline.run.text import plot_label

MAX_PANELS = 5
"""Side by side in one line."""


def accuracy_bars(rows: Sequence[Evaluation], selected: Evaluation, width: float = WIDE) -> Figure:
    """Draw each model's test accuracy with its 95 % interval, and chance as a line.

    The selected model stands out; raw pixels, which the others are compared with, are grey, and
    scikit-learn's classifiers stand below the others, as outlines.

    Parameters
    ----------
    width
        In inches: `WIDE` for a desk, `NARROW` for a telephone.
    """
    rows = sorted(rows, key=_is_baseline)
    y = np.arange(len(rows)) + [0.6 * _is_baseline(row) for row in rows]
    figure = Figure(figsize=(width, 1.2 + 0.3 * (y[-1] + 1)), layout="constrained")
    axes = figure.add_subplot()
    accuracy = np.array([row.accuracy for row in rows])
    intervals = np.array([row.interval for row in rows])
    colours = [RAW_COLOUR if row.features == "raw" else ENGINEERED_COLOUR for row in rows]
    axes.barh(
        y,
        100 * accuracy,
        xerr=100 * np.abs(intervals.T - accuracy),
        color=[_fill(row, c, selected) for row, c in zip(rows, colours, strict=True)],
        edgecolor=colours,
        ecolor=INK,
        capsize=2,
    )
    for place, row in zip(y, rows, strict=True):
        weight = "bold" if row is selected else "normal"
        text = f"{100 * row.accuracy:.1f}"
        axes.text(100 * row.interval.high + 1, place, text, va="center", weight=weight)
    axes.set_yticks(y, [_name(row, round(4 * width)) for row in rows])
    chance = 100 / rows[0].scores.shape[1]
    axes.axvline(chance, color=CHANCE_COLOUR, linestyle=":", linewidth=1)
    axes.text(chance, -0.55, " chance", color=CHANCE_COLOUR, va="bottom")
    axes.set(xlim=(0, 115), xticks=(0, 25, 50, 75, 100), ylim=(y[-1] + 0.55, -1))
    axes.set_xlabel("test accuracy (%)")
    return figure


def _name(row: Evaluation, length: int) -> str:
    """Return what names a bar: on one line, or on two where it is longer than that."""
    separator = " · " if len(f"{row.features} · {row.classifier}") <= length else "\n"
    return f"{plot_label(row.features, length)}{separator}{row.classifier}"


def _is_baseline(row: Evaluation) -> bool:
    return row.classifier in BASELINES


def _fill(row: Evaluation, colour: str, selected: Evaluation) -> Any:
    """Return the colour of a bar: full of the selected model, pale of others, none of baselines."""
    return to_rgba(colour, 1 if row is selected else 0 if _is_baseline(row) else 0.45)


def stress_panels(stresses: Sequence[Stress]) -> Figure:
    """Draw what each perturbation costs in test accuracy: a panel per feature set, a line for each.

    A line runs from the accuracy on the images as they are to that on the perturbed ones.
    """
    specs = list(dict.fromkeys(stress.evaluation.features for stress in stresses))
    classifiers = list(dict.fromkeys(stress.evaluation.classifier for stress in stresses))
    perturbations = list(stresses[0].effects)
    n_columns = min(len(specs), MAX_PANELS)
    n_rows = -(-len(specs) // n_columns)
    height = 0.9 + 0.13 * len(perturbations) * (1 + len(classifiers))
    figure = Figure(figsize=(1.8 + 1.7 * n_columns, 0.4 + n_rows * height), layout="constrained")
    panels = figure.subplots(n_rows, n_columns, squeeze=False, sharey=True, sharex=True).ravel()
    for axes, spec in zip(panels, specs, strict=False):
        axes.set_title(plot_label(spec, 24), fontsize=10)
        axes.set_yticks(range(len(perturbations)), perturbations)
        axes.grid(axis="x", color=INK, alpha=0.12)
    for axes in panels[len(specs) :]:
        axes.set_axis_off()
    for stress in stresses:
        i = classifiers.index(stress.evaluation.classifier)
        offset = 0.7 * ((i + 0.5) / len(classifiers) - 0.5)
        _draw_losses(panels[specs.index(stress.evaluation.features)], stress, offset, f"C{i}")
    panels[0].invert_yaxis()
    figure.legend(
        *panels[0].get_legend_handles_labels(),
        frameon=False,
        loc="outside upper right",
        ncols=len(classifiers),
    )
    figure.supxlabel("test accuracy (%)", fontsize=10)
    return figure


def _draw_losses(axes: Axes, stress: Stress, offset: float, colour: str) -> None:
    y = np.arange(len(stress.effects)) + offset
    before = 100 * stress.evaluation.accuracy
    after = [100 * effect.evaluation.accuracy for effect in stress.effects.values()]
    axes.axvline(before, color=colour, linewidth=1, linestyle=":")
    axes.hlines(y, before, after, color=colour, linewidth=2.5, alpha=0.45)
    axes.plot(after, y, "o", color=colour, markersize=4, label=stress.evaluation.classifier)
    axes.set(xlim=(-5, 110), xticks=(0, 50, 100))


def learning_curves(rows: Sequence[Evaluation]) -> Figure | None:
    """Draw loss and validation accuracy by epoch, a column per classifier, a line per feature set.

    None where no row has a history: a model file does not keep it.
    """
    trained = [row for row in rows if _history(row)]
    classifiers = list(dict.fromkeys(row.classifier for row in trained))
    if not trained:
        return None
    figure = Figure(figsize=(4.2 * len(classifiers), 6), layout="constrained")
    panels = figure.subplots(2, len(classifiers), squeeze=False, sharex="col")
    specs = list(dict.fromkeys(row.features for row in trained))
    for row in trained:
        loss, accuracy = panels[:, classifiers.index(row.classifier)]
        history = _history(row)
        epochs = range(1, len(history["training_loss"]) + 1)
        colour = f"C{specs.index(row.features)}"
        loss.plot(epochs, history["training_loss"], color=colour, label=plot_label(row.features))
        if history["validation_accuracy"]:  # there were enough images to hold some back
            percent = 100 * np.array(history["validation_accuracy"])
            accuracy.plot(history["validation_epoch"], percent, color=colour)
        loss.set(title=row.classifier, yscale="log")
        accuracy.set(xlabel="epoch", ylim=(None, min(101, accuracy.get_ylim()[1])))
    panels[0, 0].set_ylabel("training loss")
    panels[1, 0].set_ylabel("validation accuracy (%)")
    panels[0, -1].legend(frameon=False)
    return figure


def _history(row: Evaluation) -> dict[str, Any]:
    """Return how the classifier's training went; empty if it does not learn in epochs."""
    return getattr(row.model.classifier, "history_", {})
