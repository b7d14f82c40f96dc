"""Comma-separated values for spreadsheets and programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from handcraft.pipeline.run.atomic import atomic_path
from handcraft.pipeline.run.text import csv_cell


def write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[str | float]]) -> None:
    """Write a table as comma-separated values, atomically.

    Names are safe to open in a spreadsheet (`csv_cell`); bytes of file names that are not UTF-8 are
    kept; numbers have six digits, more than their precision.
    """
    with (
        atomic_path(path) as partial,
        partial.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        file.write(csv_line(header))
        file.writelines(map(csv_line, lines))


def csv_line(cells: Sequence[str | float]) -> str:
    """Return a line by RFC 4180; Python's csv does not quote a lone carriage return."""
    return (",".join(map(_quoted, cells)) or '""') + "\n"


def _quoted(value: str | float) -> str:
    text = csv_cell(value) if isinstance(value, str) else f"{value:.6g}"
    if not set(text) & set(',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def class_columns(quantity: str, class_names: Sequence[str]) -> list[str]:
    """Return the column names of a quantity for each class: score_cat ..."""
    return [f"{quantity}_{name}" for name in class_names]
