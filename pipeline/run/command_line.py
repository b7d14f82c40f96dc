"""What was asked for, as it would be typed."""

from __future__ import annotations

import click

COMMAND_LINE = "handcraft.command_line"
"""Where click's context notes it."""


def command_line() -> str | None:
    """Return the command as it was given; None outside of the command line."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.find_root().meta.get(COMMAND_LINE)
