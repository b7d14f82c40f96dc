"""Plots of accuracies, perturbations and training."""

import warnings
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.report.page import svg


def test_the_stress_plot_ends_at_the_perturbed_accuracies(make_stresses):
    stresses = make_stresses(("hue", "svm", 36, {"negative": 16}), ("raw", "svm", 20, {}))
    figure = plots.stress_panels(stresses)
    for axes, stress in zip(figure.axes, stresses, strict=True):
        assert axes.get_title() == stress.evaluation.features
        dots = next(line for line in axes.lines if line.get_marker() == "o")
        expected = [100 * effect.evaluation.accuracy for effect in stress.effects.values()]
        np.testing.assert_allclose(dots.get_xdata(), expected)


def test_the_bars_are_the_accuracies(evaluations):
    axes = plots.accuracy_bars(evaluations, evaluations[2]).axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([100 * e.accuracy for e in evaluations])
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[2] == "hog · svm"


def test_baselines_stand_below_the_others_and_only_the_selected_bar_is_full(make_evaluation):
    rows = [make_evaluation("hog", c, n) for c, n in [("LinearSVC", 30), ("svm", 35), ("nn", 20)]]
    bars = plots.accuracy_bars(rows, rows[1]).axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx([87.5, 50.0, 75.0])
    assert [bar.get_facecolor()[3] for bar in bars] == [1, 0.45, 0]
    gaps = np.diff([bar.get_y() for bar in bars])
    assert gaps[1] > gaps[0]


def test_learning_curves_are_the_histories(make_evaluation, evaluations):
    assert plots.learning_curves(evaluations) is None
    history = {
        "training_loss": [2.0, 1.0, 0.5],
        "validation_epoch": [2, 3],
        "validation_accuracy": [0.4, 0.6],
    }
    e = make_evaluation("hog", "svm", 30, model=SimpleNamespace(history_=history))
    loss, accuracy = plots.learning_curves([e]).axes
    np.testing.assert_array_equal(loss.lines[0].get_xydata(), [[1, 2.0], [2, 1.0], [3, 0.5]])
    np.testing.assert_allclose(accuracy.lines[0].get_xydata(), [[2, 40], [3, 60]])


@pytest.mark.parametrize(
    "name", ["a$b$", "犬", "\N{DOG FACE}", "tab\there", "new\nline", "caf\udce9", "x" * 200]
)
def test_any_name_can_be_drawn(make_evaluation, name):
    e = make_evaluation(name, "<b>", 10)
    with warnings.catch_warnings(), plot_style():
        warnings.simplefilter("error")
        drawn = svg(plots.accuracy_bars([e], e))
    drawn.encode("utf-8")
    assert "&lt;b&gt;" in drawn
    if name == "a$b$":
        assert name in drawn


def test_drawing_leaves_the_settings_of_matplotlib_alone(evaluations):
    before = dict(mpl.rcParams)
    svg(plots.accuracy_bars(evaluations, evaluations[2]))
    assert dict(mpl.rcParams) == before
    assert mpl.rcParams["svg.hashsalt"] is None
