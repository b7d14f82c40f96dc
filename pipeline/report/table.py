"""The comparison as one table for the terminal: a row per feature set, or per model."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table

from handcraft.classifiers.backprop.gradient_check import LossCheck
from handcraft.pipeline.experiment.evaluation import Row
from handcraft.pipeline.experiment.stress import Stress

HYPHENATED = {
    "blurred": "blur-\nred",
    "channels": "chan-\nnels",
    "greyscale": "grey-\nscale",
    "mirrored": "mir-\nrored",
    "negative": "nega-\ntive",
    "shifted": "shif-\nted",
    "swapped": "swap-\nped",
}
"""Narrow headings, so that the table of all changes fits into 80 columns."""


def comparison_table(rows: Sequence[Row]) -> Table:
    """Return the table, a row per feature set and classifier.

    Accuracies with their intervals are in per cent, times in seconds.
    """
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="Test accuracy with its 95 % interval, and mean per class, in %; times in s.",
    )
    table.add_column("features\nclassifier", overflow="fold")
    for heading in ("length", "accuracy", "class\nmean", "extract", "train"):
        table.add_column(heading, justify="right", no_wrap=True)
    best = max(rows, key=lambda row: row.accuracy)
    for row in rows:
        table.add_row(
            f"{row.features}\n[dim]{row.classifier}[/]",
            f"{row.n_features:,}",
            _accuracy(row, best),
            _per_cent(row.mean_per_class),
            f"{row.extract_seconds:.1f}",
            f"{row.train_seconds:.1f}",
        )
    return table


def loss_check_table(checks: Sequence[LossCheck]) -> Table:
    """Return the table of losses with their value at W = 0 and their gradient check."""
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="Worst relative error of the gradient, away from kinks; differences are central.",
    )
    table.add_column("loss", no_wrap=True)
    table.add_column("regulariser", no_wrap=True)
    headings = ("loss at\nW = 0", "expected", "worst\nerror", "kinks")
    for heading in headings:
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
    """Return the table of accuracies on changed test images: a row per model."""
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        caption="Test accuracy in % on changed images; dim where it hardly moves.",
    )
    table.add_column("features\nclassifier", overflow="fold")
    for name in ("as is", *stresses[0].changed):
        heading = "\n".join(HYPHENATED.get(word, word) for word in name.split())
        table.add_column(heading, justify="right", no_wrap=True)
    for stress in stresses:
        cells = [
            f"[dim]{_per_cent(row.accuracy)}[/]"
            if stress.is_blind_to(change)
            else _per_cent(row.accuracy)
            for change, row in stress.changed.items()
        ]
        name = f"{stress.row.features}\n[dim]{stress.row.classifier}[/]"
        table.add_row(name, f"[bold]{_per_cent(stress.row.accuracy)}[/]", *cells)
    return table


def _accuracy(row: Row, best: Row) -> str:
    low, high = row.interval
    style = "bold green" if row is best else "bold"
    return f"[{style}]{_per_cent(row.accuracy)}[/]\n[dim]{_per_cent(low)}-{_per_cent(high)}[/]"


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f}"
