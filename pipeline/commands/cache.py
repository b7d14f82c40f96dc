"""cache: location and size of cached features, and how to delete them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.filesize import decimal

from handcraft.pipeline.run import cache as kept
from handcraft.pipeline.run.context import default_cache
from handcraft.pipeline.run.text import NBSP, counted, printable


def cache(folder: Path | None, clear: bool, limit: int | None) -> None:
    """Clear the cache or set its limit, if requested; then print its contents."""
    folder = folder or default_cache()
    if clear:
        kept.clear(folder)
    if limit is not None:
        kept.set_limit(folder, limit)
    n_entries = counted(len(kept.entries(folder)), "entry", "entries")
    size = decimal(kept.bytes_below(folder), separator=NBSP)
    most = decimal(kept.limit(folder), separator=NBSP)
    click.echo(f"{printable(folder)}: {size} in {n_entries}, limited to {most}")
