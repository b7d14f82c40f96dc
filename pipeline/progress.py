"""Progress on long work: a bar with the time left on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Advance = Callable[[int], None]


class Stages:
    """Shows each stage of a run on `console` while it is under way, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Advance]:
        """Show one stage of `total` steps; call what is yielded with the steps just done."""
        start = time.perf_counter()
        with self._progress() as progress:
            task = progress.add_task(description, total=total)
            yield lambda steps: progress.update(task, advance=steps)
        seconds = time.perf_counter() - start
        count = f"{total:,} in " if total > 1 else ""
        self.console.print(f"[dim]{description}: {count}{seconds:.1f} s[/dim]", highlight=False)

    def say(self, text: str) -> None:
        """Print a line of its own, for instance about an image that cannot be read."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )


def silent() -> Stages:
    """Return stages that show nothing, for use as a library."""
    return Stages(Console(quiet=True))
