"""What a command prints on the standard output: to people, to a program, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType

from handcraft.data.names import printable

LOG_WIDTH = 120
"""Columns of what goes to a file or a pipe."""


class Printer:
    """Prints sentences and tables, or with `as_json` one document in their place.

    A `quiet` printer prints the document at most. Progress goes to the standard error, see
    `Progress`.
    """

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        width = None if Console().is_terminal else LOG_WIDTH
        self._console = Console(width=width, quiet=quiet or as_json)
        self._as_json = as_json

    @property
    def width(self) -> int:
        """Columns that tables may take."""
        return self._console.width

    def say(self, text: str, style: str = "") -> None:
        """Print sentences, which a terminal's lines end between words."""
        whole = not self._console.is_terminal
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=whole)

    def name(self, what: str, path: Path, rest: str = "") -> None:
        """Print where a file is, on a line that can be copied whole."""
        line = f"{what}: {printable(str(path))}{rest}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, table: RenderableType) -> None:
        """Print a table."""
        self._console.print(table)

    def document(self, content: dict[str, Any]) -> None:
        """Print what the run came to for a program, where that was asked for."""
        if self._as_json:
            click.echo(json.dumps(content, indent=2, allow_nan=False))
