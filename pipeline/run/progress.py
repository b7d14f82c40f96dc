"""Progress of a run: one line with a bar on a terminal, lines with the time elsewhere.

Both say which step of how many it is, what it does, and about how long the whole run will take yet.
What is done before the steps of a run are known, as images are read, has no number.
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
"""Where there is no terminal, a line says at least this often that the run goes on: half a minute
is what people wait before they wonder, and a busy machine may be late."""

REFRESH_RATE = 5
"""Of the line on a terminal, in hertz: it looks alive, and drawing it costs nothing to speak of."""

BAR_WIDTH = 16


class Progress:
    """Shows on a console how far a run has come, for as long as it is entered as a context.

    Parameters
    ----------
    given
        The console. None: the standard error, from the first line that is printed.
    quiet
        Show nothing there.

    Attributes
    ----------
    stages
        The steps so far, in order, and the seconds that each took.
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
        """Where progress is shown."""
        from rich.console import Console

        return self._given or Console(stderr=True, quiet=self.quiet)

    @cached_property
    def _is_live(self) -> bool:
        """Whether there is one line that changes, on a terminal that can do that."""
        console = self.console
        return not self.quiet and console.is_terminal and not console.is_dumb_terminal

    def __enter__(self) -> Self:
        """Begin; where no bar is seen, a line is printed every now and then from a thread."""
        self._start = self._last_line = time.monotonic()
        if not self.quiet:
            threading.Thread(target=self._tell_now_and_then, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """End, and say how long it took."""
        self._ended.set()
        if kind is None and self._plan.n_done > 1:
            self._print(f"{self._plan.n_done} steps in {duration(time.monotonic() - self._start)}")

    def expect(self, steps: Mapping[str, int]) -> None:
        """Add to the steps to come: how many there will be of each kind."""
        self._plan.expect(steps)

    def forecast(self, steps: Sequence[tuple[str, float]]) -> None:
        """Tell the kind of each step to come, in order, and the seconds that it may take."""
        self._plan.forecast(steps)

    def skip(self, kind: str) -> None:
        """Count a step that was expected as done: there is nothing to do, an earlier run did it."""
        if self._plan.begin(kind):
            self._plan.end(kind, True, 0.0)

    @contextmanager
    def stage(self, description: str, total: int, unit: str = "") -> Iterator[Bar]:
        """Show one step while it is under way: of a `total` of images, epochs or another `unit`.

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
        """Print a sentence, for instance about an image that cannot be read; the same one once."""
        if text not in self._said:
            self._said.add(text)
            self._print(printable(text), style="")

    def _print(self, text: str, style: str = "dim") -> None:
        """Print a line, with the time before it where it goes to a log."""
        if self.quiet:
            return
        if not self._is_live:
            text = f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}"
        self._last_line = time.monotonic()
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def _tell_now_and_then(self) -> None:
        """Print where the run is whenever nothing has been printed for `LINE_SECONDS`."""
        silent = 0.0
        while not self._ended.wait(LINE_SECONDS - silent) and not self._is_live:
            silent = time.monotonic() - self._last_line
            if silent >= LINE_SECONDS:
                silent = 0.0
                if status := self._status():
                    self._print(status)

    def _status(self) -> str:
        """Say where the run is; nothing where no work is under way, as in a server that waits."""
        bar = self._bar
        if bar:
            parts = [f"{self._step(self._plan.n_done + 1)}{bar}", f"after {duration(bar.seconds)}"]
            return ", ".join(filter(None, [*parts, self._left(bar)]))
        at_work = f"at work for {duration(time.monotonic() - self._start)}"
        return at_work if self._is_on_the_way else ""

    def _step(self, number: int) -> str:
        """Say which step of how many this is, if it is one of those that were expected."""
        return f"step {number} of {self._plan.n_steps}: " if self._is_expected else ""

    def _left(self, bar: Bar | None = None) -> str:
        """Say how long the run will take yet, if more is to come than what is not expected."""
        seconds = self._plan.seconds_left(bar) if self._is_on_the_way else None
        return "" if seconds is None else f"{about(seconds)} left"

    @property
    def _is_on_the_way(self) -> bool:
        return self._plan.n_done < self._plan.n_steps

    def _live(self) -> Live | nullcontext[None]:
        """Return the line on the terminal, which goes when the step ends."""
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
        """Return the line of the current step; the bar is that of the whole run.

        What may be long comes last, and is cut off on a narrow terminal.
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
