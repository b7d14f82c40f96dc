"""How long a piece of work takes, told apart from how long others keep it waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """Return the processor seconds of all threads that some work takes, and what it returns.

    On a busy machine the seconds of the wall clock are an accident for work that is this short.
    """
    start = time.process_time()
    found = work()
    return time.process_time() - start, found
