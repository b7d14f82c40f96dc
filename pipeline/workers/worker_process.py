"""Start of a worker process: it ignores Ctrl-C, and ends when the main process does.

A file of its own, without any library, so that it takes effect before the libraries are loaded.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

SECONDS = 0.3
"""Interval at which a worker checks that the main process still exists."""


def begin_worker(parent: int) -> None:
    """Ignore Ctrl-C, which the process `parent` handles, and end when that ends."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def follow_into(folder: str) -> None:
    """Change to the main process's folder, so that relative paths are valid in reused workers."""
    with suppress(OSError):  # another machine may not have the folder
        if os.getcwd() != folder:
            os.chdir(folder)


def _end_with(parent: int) -> None:
    """Wait for the end of `parent`, whose orphans get another parent process.

    Not so on Windows, where a worker ends when its pipes break.
    """
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
