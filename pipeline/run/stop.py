"""Signals that end the process: as an interrupt, and soon, whatever the process is at."""

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
"""Ctrl-C, what batch systems and `timeout` send, and the end of the terminal."""

SECONDS = 1.0
"""How long a process may take to end in good order, for which 0.3 are enough where 16 processes
share two cores. The processes that tidy up after workers then take up to 0.9 more to follow."""


class Interrupt(KeyboardInterrupt):
    """A KeyboardInterrupt for all who catch one.

    Where a plain one passes through code that C runs, CPython remembers it, though it is caught,
    and ends by SIGINT instead of with the exit code (`run_eval_code_obj` in pythonrun.c).
    """


class Stop:
    """Whether a signal has asked the process to end, and whether that has been said.

    The first signal raises KeyboardInterrupt in the main thread; later ones change nothing. A
    library may be at work that lets no Python run meanwhile, or turn the interrupt into another
    exception: so `received` remembers it, and a thread ends the process after `SECONDS`.
    """

    def __init__(self) -> None:
        self.received = False
        self.is_said = False

    def install(self) -> None:
        """Listen to the signals that nobody has told this process to ignore, as `nohup` does."""
        for number in STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._interrupt)
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._end_in_time, daemon=True).start()

    def be_deaf(self) -> None:
        """Ignore these signals from now on: all is done, and an exit that is under way goes on."""
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self.received:
            self.received = True
            threading.excepthook = lambda _: None  # threads that lose workers say so at length
            raise Interrupt

    def _end_in_time(self) -> None:
        """Wait for a signal, which is told here though no Python runs in the main thread."""
        self._ear.recv(1)
        time.sleep(SECONDS)
        if not self.is_said:
            os.write(sys.stderr.fileno(), b"Stopped.\n")
        kill_workers()
        os._exit(1)


def leave(code: int) -> NoReturn:
    """End the process once what is registered for its exit is done, and its workers before.

    An interpreter that is taken apart in order takes half a second of processor time for it, and
    waits for idle workers to end by themselves: one second in all, where this takes 0.05.
    """
    kill_workers()
    atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def kill_workers() -> None:
    """Kill the processes that this one has started and waits for."""
    if "multiprocessing" in sys.modules:
        for worker in sys.modules["multiprocessing"].active_children():
            os.kill(worker.pid, signal.SIGKILL)
