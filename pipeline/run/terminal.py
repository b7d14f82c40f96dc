"""Where text for people goes."""

from __future__ import annotations

from rich.console import Console

LOG_WIDTH = 120
"""Columns of tables that go to a file or a pipe."""

OUT = Console() if Console().is_terminal else Console(width=LOG_WIDTH)
"""Where tables go. Results go to the standard output, progress to the standard error."""
