"""Timing functions of the speed tables."""

from __future__ import annotations

import time
from collections.abc import Callable


def cpu_milliseconds(work: Callable[[], object], repeats: int) -> float:
    """Return the least CPU time of several runs, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1e3 * min(times)
