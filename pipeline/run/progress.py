"""Progress of a run: one line with a bar on a terminal, lines with the time elsewhere.

Both show the number of the step, what it does, and about how much time the whole run has left. Work
done before the steps of a run are known, such as reading images, has no number.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from handcraft.pipeline.run.plan import Bar, Plan
from handcraft.pipeline.run.text import about, duration, printable

if TYPE_CHECKING:  # slow to import, and most predictions show nothing
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

LINE_SECONDS = 20.0
"""Without a terminal, a line is printed at least this often to show that the run continues: people
wait half a minute before they wonder, and a busy machine may be late."""

REFRESH_RATE = 5
"""Refresh rate of the line on a terminal, in hertz: it looks alive, at a negligible cost."""

BAR_WIDTH = 16


class Progress:
    """Context manager that shows the progress of a run on a console.

    Parameters
    ----------
    given
        The console. None: the standard error, from the first line that is printed.
    quiet
        Show nothing.

    Attributes
    ----------
    stages
        The steps so far, in order, and the seconds of each.
    """

    def __init__(self, given: Console | None = None, quiet: bool = False) -> None:
        self._given, self.quiet = given, quiet if given is None else given.quiet
        self.stages: list[tuple[str, float]] = []
        self._plan, self._said = Plan(), set[str]()
        self._bar: Bar | None = None
        self._is_expected = False
        self._start = self._last_line = time.monotonic()
        self._ended = threading.Event()

    @cached_property
    def console(self) -> Console:
        """The console."""
        from rich.console import Console

        return self._given or Console(stderr=True, quiet=self.quiet)

    @cached_property
    def _is_live(self) -> bool:
        """Whether there is a single changing line, on a terminal capable of it."""
        console = self.console
        return not self.quiet and console.is_terminal and not console.is_dumb_terminal

    def __enter__(self) -> Self:
        """Begin; without a bar, a thread prints a line now and then."""
        self._start = self._last_line = time.monotonic()
        if not self.quiet:
            threading.Thread(target=self._tell_now_and_then, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """End, and print the total time."""
        self._ended.set()
        if kind is None and self._plan.n_done > 1:
            self._print(f"{self._plan.n_done} steps in {duration(time.monotonic() - self._start)}")

    def expect(self, steps: Mapping[str, int]) -> None:
        """Add to the steps to come: the number of each kind."""
        self._plan.expect(steps)

    def forecast(self, steps: Sequence[tuple[str, float]]) -> None:
        """Set the forecast: the kind and the seconds of each step to come, in order."""
        self._plan.forecast(steps)

    def skip(self, kind: str) -> None:
        """Count an expected step as done, as an earlier run did it."""
        if self._plan.begin(kind):
            self._plan.end(kind, True, 0.0)

    @contextmanager
    def stage(self, description: str, total: int, unit: str = "") -> Iterator[Bar]:
        """Show one step in progress: a `total` of images, epochs or another `unit`.

        The first word of the description is the step's kind.
        """
        bar = self._bar = Bar(description, total, unit)
        self._is_expected = self._plan.begin(bar.kind)
        try:
            with self._live():
                yield bar
        finally:
            self._bar = None
        self._plan.end(bar.kind, self._is_expected, bar.seconds)
        self.stages.append((description, bar.seconds))
        if not self._is_live:
            n = f"{bar.total:,} {unit} in " if bar.total > 1 else ""
            parts = [f"{self._step(self._plan.n_done)}{description}: {n}{bar.seconds:.1f} s"]
            self._print(", ".join(filter(None, [*parts, self._left()])))

    def say(self, text: str) -> None:
        """Print a sentence, such as one on an unreadable image; each sentence only once."""
        if text not in self._said:
            self._said.add(text)
            self._print(printable(text), style="")

    def _print(self, text: str, style: str = "dim") -> None:
        """Print a line, preceded by the time if it goes to a log."""
        if self.quiet:
            return
        if not self._is_live:
            text = f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}"
        self._last_line = time.monotonic()
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _tell_now_and_then(self) -> None:
        """Print the progress whenever nothing has been printed for `LINE_SECONDS`."""
        silent = 0.0
        while not self._ended.wait(LINE_SECONDS - silent) and not self._is_live:
            silent = time.monotonic() - self._last_line
            if silent >= LINE_SECONDS:
                silent = 0.0
                if status := self._status():
                    self._print(status)

    def _status(self) -> str:
        """Return the progress; empty if no step is running, as in a waiting server."""
        bar = self._bar
        if bar:
            parts = [f"{self._step(self._plan.n_done + 1)}{bar}", f"after {duration(bar.seconds)}"]
            return ", ".join(filter(None, [*parts, self._left(bar)]))
        at_work = f"at work for {duration(time.monotonic() - self._start)}"
        return at_work if self._is_on_the_way else ""

    def _step(self, number: int) -> str:
        """Return the number of the step and of all steps, if the step was expected."""
        return f"step {number} of {self._plan.n_steps}: " if self._is_expected else ""

    def _left(self, bar: Bar | None = None) -> str:
        """Return the time remaining, unless only unexpected steps are running."""
        seconds = self._plan.seconds_left(bar) if self._is_on_the_way else None
        return "" if seconds is None else f"{about(seconds)} left"

    @property
    def _is_on_the_way(self) -> bool:
        return self._plan.n_done < self._plan.n_steps

    def _live(self) -> Live | nullcontext[None]:
        """Return the line on the terminal, which disappears when the step ends."""
        if not self._is_live:
            return nullcontext()
        from rich.live import Live

        return Live(
            get_renderable=self._line,
            console=self.console,
            transient=True,
            redirect_stdout=False,
            refresh_per_second=REFRESH_RATE,
        )

    def _line(self) -> Table | Text:
        """Return the line of the current step, with the bar of the whole run.

        The description, which may be long, comes last, and is truncated on a narrow terminal.
        """
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        bar = self._bar
        if bar is None:
            return Text()
        if not self._is_expected:
            return Text(str(bar), no_wrap=True, overflow="ellipsis")
        n_done, n_steps = self._plan.n_done, self._plan.n_steps
        done = ProgressBar(n_steps, n_done + bar.share, width=BAR_WIDTH)
        line = Table.grid(padding=(0, 2, 0, 0))
        for _ in range(4):
            line.add_column(no_wrap=True, overflow="ellipsis")
        line.columns[2].min_width = len("about 10 min 10 s left")
        line.add_row(f"step {n_done + 1} of {n_steps}", done, self._left(bar), Text(str(bar)))
        return line
