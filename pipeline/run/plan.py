"""The steps of a run: progress of the current one, and the time remaining."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

PRIOR_SHARE = 0.1
"""Weight of a forecast against the measured pace: as if this share of it had gone as predicted."""


class Bar:
    """Progress of one step."""

    def __init__(self, description: str, total: int, unit: str) -> None:
        self.description, self.unit = description, unit
        self.done, self.total = 0, total
        self._start = time.monotonic()

    @property
    def kind(self) -> str:
        """The first word of the description, such as ``"Training"``."""
        return self.description.split()[0]

    @property
    def seconds(self) -> float:
        """The seconds elapsed."""
        return time.monotonic() - self._start

    @property
    def share(self) -> float:
        """The share of the step that is done, 0 to 1."""
        return min(self.done / self.total, 1.0)

    def __str__(self) -> str:
        """Return the description, and how much of how much is done where that is known."""
        if self.total <= 1:
            return self.description
        return f"{self.description}: {self.done:,} of {self.total:,} {self.unit}"

    def advance(self, n: int) -> None:
        """Advance by `n`."""
        self.done += n

    def reach(self, done: int, total: int) -> None:
        """Set the number done, and the total."""
        self.done, self.total = done, total


class Plan:
    """The steps of a run by kind: the number to come, and the seconds of those done.

    An unexpected step has no number: the total number of steps does not change.
    """

    def __init__(self) -> None:
        self.n_steps = self.n_done = 0
        self._to_come: Counter[str] = Counter()
        self._seconds: dict[str, list[float]] = {}
        self._forecast: dict[str, list[float]] = {}
        self._current = self._forecast_done = self._took = self._prior = 0.0

    def forecast(self, steps: Sequence[tuple[str, float]]) -> None:
        """Set the forecast: the kind and the seconds of each step to come, in order."""
        for kind, seconds in steps:
            self._forecast.setdefault(kind, []).append(seconds)
        self._forecast_done = self._took = 0.0
        self._prior = PRIOR_SHARE * sum(seconds for _, seconds in steps)

    def expect(self, steps: Mapping[str, int]) -> None:
        """Add to the steps to come."""
        self._to_come.update(steps)
        self.n_steps += sum(steps.values())

    def begin(self, kind: str) -> bool:
        """Remove a step of this kind from those to come; return whether there was one."""
        is_expected = self._to_come[kind] > 0
        self._to_come[kind] -= is_expected
        if is_expected and self._forecast.get(kind):
            self._current = self._forecast[kind].pop(0)
        return is_expected

    def end(self, kind: str, is_expected: bool, seconds: float) -> None:
        """Record the seconds of a step: 0 if there was nothing to do."""
        self.n_done += is_expected
        if is_expected and seconds > 0:
            self._forecast_done += self._current
            self._took += seconds
        self._current = 0.0
        self._seconds.setdefault(kind, []).append(seconds)

    def seconds_left(self, bar: Bar | None = None) -> float | None:
        """Return the seconds remaining, of the current step and those to come; None if unknown.

        The current step continues at its rate. One to come takes as long as forecast, corrected by
        the pace of the steps done. Without a forecast it takes the mean of its kind, or before
        there is one, of all kinds: which is slow depends on the images.

        Lists are copied, as another thread may begin a step at the same time.
        """
        if self._forecast:
            return self._left_of_forecast(bar)
        measured = {kind: list(seconds) for kind, seconds in list(self._seconds.items())}
        if bar and bar.share > 0:
            measured.setdefault(bar.kind, []).append(bar.seconds / bar.share)
        took = [s for seconds in measured.values() for s in seconds if s > 0]
        if not took:
            return None

        def typical(kind: str) -> float:
            """Return the mean seconds of this kind, or of all kinds."""
            times = measured.get(kind) or took
            return sum(times) / len(times)

        to_come = sum(n * typical(kind) for kind, n in list(self._to_come.items()))
        if bar is None:
            return to_come
        whole = bar.seconds / bar.share if bar.share > 0 else typical(bar.kind)
        return max(whole - bar.seconds, 1.0) + to_come

    def _left_of_forecast(self, bar: Bar | None) -> float:
        """Return the same from a forecast, corrected by the pace of the steps done."""
        share, seconds = (bar.share, bar.seconds) if bar else (0.0, 0.0)
        took = self._took + (seconds if share > 0 else 0.0)
        done = self._forecast_done + share * self._current
        pace = (took + self._prior) / max(done + self._prior, 1e-9)
        to_come = pace * sum(map(sum, list(self._forecast.values())))
        if bar is None:
            return to_come
        whole = seconds / share if share > 0 else pace * self._current
        return max(whole - seconds, 1.0) + to_come
