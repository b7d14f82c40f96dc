"""The standard output of a command: for people, for a program, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console, RenderableType

from handcraft.data.names import printable

LOG_WIDTH = 120
"""Columns of a file or a pipe."""


class Printer:
    """Prints sentences and tables, or with `as_json` one document instead.

    A `quiet` printer prints at most the document. Progress goes to the standard error, see
    `Progress`.
    """

    def __init__(self, quiet: bool = False, as_json: bool = False) -> None:
        width = None if Console().is_terminal else LOG_WIDTH
        self._console = Console(width=width, quiet=quiet or as_json)
        self._as_json = as_json

    @property
    def width(self) -> int:
        """Width of tables, in columns."""
        return self._console.width

    def say(self, text: str, style: str = "") -> None:
        """Print sentences, wrapped between words on a terminal."""
        whole = not self._console.is_terminal
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=whole)

    def name(self, what: str, path: Path, rest: str = "") -> None:
        """Print the path of a file, on a line that can be copied whole."""
        line = f"{what}: {printable(str(path))}{rest}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, table: RenderableType) -> None:
        """Print a table."""
        self._console.print(table)

    def document(self, content: dict[str, Any]) -> None:
        """Print the results for a program, if requested."""
        if self._as_json:
            click.echo(json.dumps(content, indent=2, allow_nan=False))
