"""The comparison as one table for the terminal: a row per feature set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from rich.box import SIMPLE_HEAD
from rich.table import Table

from pipeline.evaluation import Row


def comparison_table(rows: Sequence[Row]) -> Table:
    """Return the table; each classifier has its accuracy over its interval, and two columns more.

    All accuracies are in per cent, all times in seconds.
    """
    classifiers = list(dict.fromkeys(row.classifier for row in rows))
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        caption="Test accuracy over its 95 % interval, and mean per class, in %; times in s.",
    )
    table.add_column("features\nlength", no_wrap=True)
    per_classifier = [(name, "class\nmean", "train") for name in classifiers]
    for heading in ("extract", *chain.from_iterable(per_classifier)):
        table.add_column(heading, justify="right", no_wrap=True)
    best = max(rows, key=lambda row: row.accuracy)
    for spec in dict.fromkeys(row.features for row in rows):
        of_spec = {row.classifier: row for row in rows if row.features == spec}
        first = next(iter(of_spec.values()))
        cells = [f"{spec}\n[dim]{first.n_features:,}[/]", f"{first.extract_seconds:.1f}"]
        for name in classifiers:
            row = of_spec[name]
            cells += [_accuracy(row, best), _per_cent(row.mean_per_class)]
            cells.append(f"{row.train_seconds:.1f}")
        table.add_row(*cells)
    return table


def _accuracy(row: Row, best: Row) -> str:
    low, high = row.interval
    style = "bold green" if row is best else "bold"
    return f"[{style}]{_per_cent(row.accuracy)}[/]\n[dim]{_per_cent(low)}-{_per_cent(high)}[/]"


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f}"
