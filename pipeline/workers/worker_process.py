"""How a worker process begins: it ignores Ctrl-C, and ends when the main process does.

A file of its own, without any library, so that it is in force before the libraries are loaded.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

SECONDS = 0.3
"""How often a worker looks whether the main process is still there."""


def begin_worker(parent: int) -> None:
    """Leave Ctrl-C to the process `parent`, and end with it, however it ends."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def follow_into(folder: str) -> None:
    """Work where the main process is: relative paths mean the same in a worker of earlier calls."""
    with suppress(OSError):  # another machine may not have the folder
        if os.getcwd() != folder:
            os.chdir(folder)


def _end_with(parent: int) -> None:
    """Wait for the end of `parent`: its orphans belong to another process.

    Windows gives orphans no other parent; there a worker ends when its pipes break.
    """
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
