"""Progress on long work: a bar with the time left on a terminal, a line per stage elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress as rich_progress
from rich.console import Console

from handcraft.pipeline.run.text import printable

LINE_SECONDS = 30.0
"""Where there is no terminal, a line tells at least this often that a stage goes on."""


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

    def __str__(self) -> str:
        """Return how many steps are done of how many, and the seconds so far."""
        task = self._progress.tasks[self._task]
        return f"{task.completed:,.0f} of {task.total or 0:,.0f} after {task.elapsed or 0:.0f} s"


class Progress:
    """Shows each stage of a run on `console` while it is under way, and how long it took."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def stage(self, description: str, total: int) -> Iterator[Bar]:
        """Show one stage of `total` steps, and how long it took in the end."""
        start = time.perf_counter()
        with self._rich() as progress:
            bar = Bar(progress, progress.add_task(description, total=total))
            with self._lines(description, bar):
                yield bar
        seconds = time.perf_counter() - start
        count = f"{total:,} in " if total > 1 else ""
        self._print(f"{description}: {count}{seconds:.1f} s")

    def say(self, text: str) -> None:
        """Print a line of its own, for instance about an image that cannot be read."""
        self.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def _lines(self, description: str, bar: Bar) -> Iterator[None]:
        """Where no bar is seen, print a line every now and then, from another thread."""
        if self.console.is_terminal or self.console.quiet:
            yield
            return
        ended = threading.Event()

        def tell() -> None:
            while not ended.wait(LINE_SECONDS):
                self._print(f"{description}: {bar}")

        thread = threading.Thread(target=tell, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _print(self, text: str) -> None:
        self.console.print(text, style="dim", markup=False, soft_wrap=True)

    def _rich(self) -> rich_progress.Progress:
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
