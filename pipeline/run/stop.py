"""Signals that end the process: as an interrupt, and soon, whatever it is doing."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import NoReturn

STOPPING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, the signal of batch systems and `timeout`, and the end of the terminal."""

SECONDS = 1.0
"""Seconds allowed for an orderly exit, for which 0.3 are enough where 16 processes share two cores.
The processes that clean up after workers then take up to 0.9 more to end."""


class Interrupt(KeyboardInterrupt):
    """A KeyboardInterrupt for everything that catches one.

    Where a plain one passes through code run from C, CPython remembers it although it is caught,
    and ends by SIGINT instead of with the exit code (`run_eval_code_obj` in pythonrun.c).
    """


class Stop:
    """Whether a signal has asked the process to end, and whether that was reported.

    The first signal raises KeyboardInterrupt in the main thread; later ones change nothing. As a
    library may block Python code, or turn the interrupt into another exception, `received`
    remembers it, and a thread ends the process after `SECONDS`.
    """

    def __init__(self) -> None:
        self.received = False
        self.is_said = False

    def install(self) -> None:
        """Handle the signals, except those already ignored, as under `nohup`."""
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._end_in_time, daemon=True).start()

    def be_deaf(self) -> None:
        """Ignore these signals from now on: the work is done, and an exit in progress continues."""
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self.received:
            self.received = True
            threading.excepthook = lambda _: None  # threads that lose workers print long tracebacks
            raise Interrupt

    def _end_in_time(self) -> None:
        """Wait for a signal, which arrives here even if the main thread runs no Python code."""
        self._ear.recv(1)
        time.sleep(SECONDS)
        if not self.is_said:
            os.write(sys.stderr.fileno(), b"Stopped.\n")
        kill_workers()
        os._exit(1)


def leave(code: int) -> NoReturn:
    """End the workers, run the exit handlers, and end the process.

    An orderly shutdown of the interpreter takes half a second of processor time, and waits for idle
    workers to end by themselves: one second in all, where this takes 0.05.
    """
    kill_workers()
    atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def kill_workers() -> None:
    """Kill the child processes that this one waits for."""
    if "multiprocessing" in sys.modules:
        for worker in sys.modules["multiprocessing"].active_children():
            # Windows has no SIGKILL; there SIGTERM is the same.
            os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
