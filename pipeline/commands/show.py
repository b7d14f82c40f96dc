"""show: the card of a model file."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table
from rich.text import Text

from handcraft.pipeline.experiment.card import describe
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import printable


def show(model: Path) -> None:
    """Print the composition of a model, and how it was trained."""
    card = Table(box=None, show_header=False, pad_edge=False)
    card.add_column(no_wrap=True, style="dim")
    card.add_column(overflow="fold")
    for name, value in [("file", printable(model)), *describe(Model.load(model))]:
        card.add_row(name, Text(value))
    Printer().show(card)
