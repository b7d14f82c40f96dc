"""The command that looks after the cache."""

from __future__ import annotations

import re
from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command

UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def _bytes(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """Read a size: 500M, 20G, 1.5 GB, or a number of bytes."""
    if value is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", value.strip(), re.IGNORECASE)
    if match is None:
        raise click.BadParameter(f"{value!r} is not a size; expected one such as 500M or 20G")
    return int(float(match[1]) * UNITS[match[2].upper()])


@click.command(cls=Command)
@click.option("--clear", is_flag=True, help="Delete everything that is not in use.")
@click.option(
    "--limit", callback=_bytes, metavar="SIZE", help="Largest size to keep, such as 500M or 20G."
)
@click.option(
    "--cache", "folder", type=options.PATH, help="The cache folder [default: the system's]."
)
def cache(**request: Any) -> None:
    """Show where features are cached and how much space they take.

    When the limit is reached, the least recently used are deleted.

    \b
    Examples:
      handcraft cache
      handcraft cache --limit 5G
      handcraft cache --clear
    """  # noqa: D301
    from handcraft.pipeline.commands.cache import cache

    cache(**request)
