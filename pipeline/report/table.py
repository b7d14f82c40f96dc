"""Tables for the terminal: comparisons, perturbations, checks of losses."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from handcraft.classifiers.backprop.gradient_check import LossCheck
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.stress import Effect, Stress
from handcraft.pipeline.results.verdict import BASE, Finding, findings, scope
from handcraft.pipeline.run.text import NBSP, p_value, printable, seconds

WIDE = 100
"""Width of a terminal, in columns, that is enough for all figures in each line."""

SHORT_FIGURES, DEVIATION = 42, 5
"""Width of the figures of a short line, and of a standard deviation; a model takes one line if both
names fit beside them, else two."""

MAX_LINES = 14
"""The most lines of models: with the sentences around them they fit on a screen of 30."""


def comparison_table(comparison: Comparison, width: int) -> Table:
    """Return the table, a model in each row, for a terminal of `width` columns.

    Accuracies with their intervals are in per cent, gains over raw pixels in percentage points,
    times in seconds.
    """
    cells = _one_line if width >= WIDE else _short_line
    names = [[len(name) for name in _names(e)] for e in comparison.evaluations]
    figures = SHORT_FIGURES + (DEVIATION if comparison.n_splits > 1 else 0)
    if width < WIDE and sum(map(max, zip(*names, strict=True))) + figures > width:
        cells = _two_lines
    shown = _most_accurate(comparison, MAX_LINES // (2 if cells is _two_lines else 1))
    n_hidden = len(comparison.evaluations) - len(shown)
    table = _table(_caption(comparison, n_hidden, cells is _one_line))
    found = {finding.evaluation: finding for finding in findings(comparison.evaluations)}
    headings, rows = cells(comparison, shown, [found.get(e) for e in shown])
    for i, heading in enumerate(headings):
        name = i == 0
        table.add_column(
            heading,
            justify="left" if name or heading == "classifier" else "right",
            no_wrap=not name,
            overflow="fold",
            min_width=12 if name else None,
        )
    for row in rows:
        table.add_row(*row)
    return table


def _caption(comparison: Comparison, n_hidden: int, has_all: bool) -> str:
    """Return a description of the columns; with `has_all`, of balanced accuracy and times too."""
    hidden = f" The report also has the {n_hidden:,} less accurate ones." if n_hidden else ""
    means = ""
    if comparison.n_splits > 1:
        means = f"Means over {comparison.n_splits} random splits, ± standard deviation. "
    balanced, times = (
        (", balanced accuracy (mean over classes),", "; times in s") if has_all else ("", "")
    )
    return (
        f"{means}Test accuracy with its 95{NBSP}% interval{scope(comparison)}{balanced} in{NBSP}%; "
        f"vs{NBSP}{BASE} in percentage points{times}.{hidden}"
    )


def _most_accurate(comparison: Comparison, most: int) -> list[Evaluation]:
    """Return at most `most` evaluations, including the selected one, in order."""
    ranked = sorted(
        comparison.evaluations, key=lambda e: (e is not comparison.selected, -e.accuracy)
    )
    return [e for e in comparison.evaluations if e in ranked[:most]]


Cells = tuple[list[str], list[list[Text]]]


def _one_line(
    comparison: Comparison, shown: Sequence[Evaluation], found: Sequence[Finding | None]
) -> Cells:
    headings = ["features", "classifier", "length", "accuracy", "interval"]
    headings += [f"vs{NBSP}{BASE}", "balanced", "extract", "train"]
    rows = [
        [
            *_names(e),
            Text(f"{e.n_features:,}"),
            _accuracy(e, comparison),
            _interval(e),
            Text("" if finding is None else str(finding)),
            Text(_per_cent(e.mean_per_class)),
            Text(seconds(e.extract_seconds)),
            Text(seconds(e.train_seconds)),
        ]
        for e, finding in zip(shown, found, strict=True)
    ]
    return headings, rows


def _short_line(
    comparison: Comparison, shown: Sequence[Evaluation], found: Sequence[Finding | None]
) -> Cells:
    headings = ["features", "classifier", "accuracy", "interval", f"vs{NBSP}{BASE}"]
    rows = [
        [*_names(e), _accuracy(e, comparison), _interval(e), Text("" if f is None else str(f))]
        for e, f in zip(shown, found, strict=True)
    ]
    return headings, rows


def _two_lines(
    comparison: Comparison, shown: Sequence[Evaluation], found: Sequence[Finding | None]
) -> Cells:
    headings = ["features\nclassifier", "accuracy\ninterval", f"vs{NBSP}{BASE}"]
    rows = [
        [
            Text("\n").join(_names(e)),
            _accuracy(e, comparison).append("\n").append_text(_interval(e)),
            Text("" if f is None else f"{100 * f.gain:+.1f}\n{p_value(f.p_value)}"),
        ]
        for e, f in zip(shown, found, strict=True)
    ]
    return headings, rows


def loss_check_table(checks: Sequence[LossCheck]) -> Table:
    """Return the table of losses with their value at W = 0 and their gradient check."""
    table = _table(
        "Worst relative error of the gradient against central differences; those that reach across "
        "a kink of the loss are counted, and left out."
    )
    table.add_column("loss", no_wrap=True)
    table.add_column("regulariser", no_wrap=True)
    for heading in ("loss at\nW = 0", "expected", "worst\nerror", "kinks"):
        table.add_column(heading, justify="right", no_wrap=True)
    for check in checks:
        gradient = check.gradient
        table.add_row(
            check.loss,
            check.regulariser,
            f"{check.at_zero:.4f}",
            f"{check.expected_at_zero:.4f}",
            f"{gradient.worst:.1e}",
            str(gradient.n_kinks),
        )
    return table


def stress_table(stresses: Sequence[Stress]) -> Table:
    """Return the table of accuracies on perturbed test images, for `WIDE` terminals."""
    table = _table(
        f"Test accuracy in{NBSP}% on perturbed images: bold where significantly lower, dim where "
        "nearly the same.",
        gap=1,
    )
    table.add_column("features", overflow="fold")
    table.add_column("classifier", overflow="fold")
    for name in ("as is", *stresses[0].effects):
        table.add_column(name.replace(" ", "\n").replace("-", "-\n"), justify="right", no_wrap=True)
    for stress in stresses:
        e = stress.evaluation
        table.add_row(
            *_names(e), Text(_per_cent(e.accuracy)), *map(_perturbed, stress.effects.values())
        )
    return table


def _names(evaluation: Evaluation) -> tuple[Text, Text]:
    """Return the features and the classifier."""
    return Text(printable(evaluation.features)), Text(printable(evaluation.classifier), "dim")


def _perturbed(effect: Effect) -> Text:
    style = "dim" if effect.is_negligible else "bold" if effect.is_loss else ""
    return Text(_per_cent(effect.evaluation.accuracy), style)


def _table(caption: str, gap: int = 2) -> Table:
    """Return an empty table with `gap` spaces between columns."""
    return Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, gap - 1, 0, 0),
        caption=caption,
        caption_justify="left",
    )


def _accuracy(evaluation: Evaluation, comparison: Comparison) -> Text:
    is_selected = evaluation is comparison.selected
    spread = "" if evaluation.deviation is None else f"±{_per_cent(evaluation.deviation)}"
    style = "bold green" if is_selected else "bold"
    return Text(_per_cent(evaluation.accuracy), style).append(spread, "dim")


def _interval(evaluation: Evaluation) -> Text:
    low, high = evaluation.interval
    return Text(f"{_per_cent(low)}-{_per_cent(high)}", "dim")


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f}"
