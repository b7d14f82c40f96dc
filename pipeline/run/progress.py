"""Progress on long work: a bar with the time left on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as rich_progress
from rich.console import Console

from handcraft.pipeline.run.text import printable


class Bar:
    """The bar of one stage."""

    def __init__(self, progress: rich_progress.Progress, task: rich_progress.TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, steps: int) -> None:
        """Show that some more steps are done."""
        self._progress.update(self._task, advance=steps)

    def reach(self, done: int, total: int) -> None:
        """Show how many steps are done of how many."""
        self._progress.update(self._task, completed=done, total=total)


class Progress:
    """Shows each stage of a run on `console` while it is under way, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Bar]:
        """Show one stage of `total` steps, and how long it took in the end."""
        start = time.perf_counter()
        with self._bar() as progress:
            task = progress.add_task(description, total=total)
            yield Bar(progress, task)
        seconds = time.perf_counter() - start
        count = f"{total:,} in " if total > 1 else ""
        self.console.print(f"{description}: {count}{seconds:.1f} s", style="dim", markup=False)

    def say(self, text: str) -> None:
        """Print a line of its own, for instance about an image that cannot be read."""
        self.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def _bar(self) -> rich_progress.Progress:
        return rich_progress.Progress(
            rich_progress.TextColumn("{task.description}", markup=False),
            rich_progress.BarColumn(),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TimeElapsedColumn(),
            rich_progress.TimeRemainingColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )


def silent_progress() -> Progress:
    """Return a reporter that shows nothing, for use as a library."""
    return Progress(Console(quiet=True))
