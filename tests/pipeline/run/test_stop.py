"""Signals that end the process, whatever it is at."""

import signal
import subprocess
import sys
import time

import pytest

from handcraft.pipeline.run.stop import STOPPING

PROGRAM = """
import hashlib, signal, sys, time
from handcraft.pipeline.run.stop import Stop
stop = Stop()
stop.install()
try:
    print("ready", flush=True)
    {work}
except KeyboardInterrupt:
    stop.is_said = True
    print("interrupted", stop.received)
    {after}
    sys.exit(1)
"""

NO_PYTHON = "hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"
"""Half an hour in C that heeds no signal."""


PYTHON = "while True: time.sleep(0.01)"
"""A signal that comes just before a sleep is noticed after it, so no sleep is long."""


def end(how, work, after="", wait=0.0, **options):
    """Return what a process prints and its code, if a signal reaches it at work, after a while."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(work=work, after=after)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(wait)
    process.send_signal(how)
    return (*process.communicate(timeout=60), process.returncode)


@pytest.mark.parametrize("how", STOPPING)
def test_a_signal_is_an_interrupt(how):
    assert end(how, PYTHON) == ("interrupted True\n", "", 1)


def test_threads_whose_work_is_cut_off_say_nothing():
    thread = "threading.Thread(target=lambda: 1 / 0)"
    after = f"import threading; thread = {thread}; thread.start(); thread.join()"
    assert end(signal.SIGINT, PYTHON, after) == ("interrupted True\n", "", 1)


def test_a_process_that_is_done_ends_as_if_nothing_had_come():
    work = "stop.be_deaf(); import atexit; atexit.register(time.sleep, 1); sys.exit(0)"
    assert end(signal.SIGINT, work, wait=0.5) == ("", "", 0)


def test_a_process_that_does_not_heed_it_ends_all_the_same():
    assert end(signal.SIGTERM, NO_PYTHON, wait=0.5) == ("", "Stopped.\n", 1)


def test_an_end_that_takes_too_long_is_cut_short():
    out, err, code = end(signal.SIGINT, PYTHON, after="sys.stdout.flush(); " + NO_PYTHON)
    assert (out, err, code) == ("interrupted True\n", "", 1)


def test_what_was_to_be_ignored_is_ignored():
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    work = "time.sleep(0.2); print(signal.getsignal(signal.SIGHUP).name)"
    out, _, code = end(signal.SIGHUP, work, preexec_fn=ignore)
    assert (out, code) == ("SIG_IGN\n", 0)
