"""Tables, on terminals of every width."""

import io
import re

import pytest
from rich.console import Console

from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.pipeline.report.table import (
    MAX_LINES,
    WIDE,
    comparison_table,
    loss_check_table,
    stress_table,
)
from handcraft.pipeline.run.text import NBSP


def printed(table, width):
    console = Console(width=width, file=io.StringIO())
    console.print(table)
    return console.file.getvalue().replace(NBSP, " ")


def test_on_a_wide_terminal_each_model_is_a_line(comparison):
    lines = printed(comparison_table(comparison, 120), 120).splitlines()
    for e, gain in zip(comparison.evaluations, ["", "+5.0", "+65.0", "", "-40.0"], strict=True):
        low, high = e.interval
        expected = [f"{100 * e.accuracy:.1f}", f"{100 * low:.1f}-{100 * high:.1f}", gain]
        line = next(x for x in lines if x.split()[:2] == [e.features, e.classifier])
        assert all(text in line for text in expected)
    assert not any(len(line) > 120 for line in lines)
    assert "balanced accuracy (mean over classes), in %" in " ".join(lines)


SPEC = "patch-words:mirror+hog:mirror+hue"


def test_long_names_fit_a_line_of_120_columns(make_evaluation, compare_all):
    models = [make_evaluation("raw", "svm", 20), make_evaluation(SPEC, "softmax", 31)]
    lines = printed(comparison_table(compare_all(models), 120), 120).splitlines()
    assert any(line.split()[:2] == [SPEC, "softmax"] for line in lines)


@pytest.mark.parametrize("width", [40, 80, 99])
def test_on_a_narrow_terminal_nothing_is_lost(make_evaluation, compare_all, width):
    models = [
        make_evaluation("raw", "LogisticRegression", 30),
        make_evaluation(SPEC, "svm", 30),
        make_evaluation(SPEC, "LogisticRegression", 32),
    ]
    lines = printed(comparison_table(compare_all(models), width), width).splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in "".join(lines)
    assert "balanced" not in "".join(
        lines
    )  # nor does the caption speak of columns that are not there
    names = re.sub(r"[\d.-]+-[\d.]+|[+-]?\d+\.\d+|p [=<]|[\s()]", "", "".join(lines).split("─")[-1])
    assert names.startswith(f"rawLogisticRegression{SPEC}svm{SPEC}LogisticRegression")
    for part in ("75.0", "80.0", "+5.0"):
        assert any(part in line for line in lines)


def test_a_name_with_markup_is_shown_as_it_is(make_evaluation, compare_all):
    models = [make_evaluation("[red]$x$\x1b", "svm", 30)]
    assert "[red]$x$\\x1b" in printed(comparison_table(compare_all(models), 120), 120)


def test_the_table_of_losses_has_a_line_for_each_check():
    checks = check_losses()
    lines = printed(loss_check_table(checks), 80).splitlines()
    for check in checks:
        expected = [f"{check.at_zero:.4f}", f"{check.gradient.worst:.1e}"]
        assert any(
            {check.loss, check.regulariser, *expected} <= set(line.split()) for line in lines
        )


@pytest.mark.parametrize("width", [WIDE, 120])
def test_the_stress_table_has_every_accuracy_in_a_line(make_stresses, width):
    [stress] = make_stresses(("hog-unsigned", "softmax", 36, {"negative": 16, "noisy": 14}))
    lines = printed(stress_table([stress]), width).splitlines()
    line = next(line for line in lines if "hog-unsigned" in line)
    expected = [stress.evaluation, *(effect.evaluation for effect in stress.effects.values())]
    assert line.split()[2:] == [f"{100 * e.accuracy:.1f}" for e in expected]


def test_of_many_models_the_most_accurate_and_the_selected_one_fit_a_screen(
    make_evaluation, compare_all
):
    accuracies = {f"f{n}": n for n in range(MAX_LINES + 10)}
    models = [make_evaluation(name, "svm", n) for name, n in accuracies.items()]
    models[3] = make_evaluation("f3", "svm", 3, validation_accuracy=0.9)
    comparison = compare_all(models)
    lines = printed(comparison_table(comparison, 80), 80).splitlines()
    shown = [line.split()[0] for line in lines if "svm" in line]
    assert shown == ["f3", *list(accuracies)[-MAX_LINES + 1 :]]
    assert "The report also has the 10 less accurate ones." in " ".join(" ".join(lines).split())
