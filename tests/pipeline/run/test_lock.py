"""Locks between processes: real ones, which may be killed."""

import subprocess
import sys

import pytest

from handcraft.pipeline.run.lock import Lock

HOLD = """
import sys, time
from pathlib import Path
from handcraft.pipeline.run.lock import Lock
lock = Lock(Path(sys.argv[1]))
print(getattr(lock, sys.argv[2])(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def hold(tmp_path):
    """Return a function that starts a process which shares or takes the lock and keeps it."""
    processes = []

    def start(how):
        command = [sys.executable, "-c", HOLD, str(tmp_path / "lock"), how]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline()  # it has the lock now
        return process

    yield start
    for process in processes:
        end(process)


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()


def test_sharing_keeps_out_whoever_wants_it_alone_until_killed(tmp_path, hold):
    sharers = [hold("share"), hold("share")]
    lock = Lock(tmp_path / "lock")
    lock.share()
    lock.release()
    for sharer in sharers:
        assert not lock.take()
        end(sharer)
    assert lock.take()


def test_one_alone_keeps_out_others_until_killed(tmp_path, hold):
    process = hold("take")
    lock = Lock(tmp_path / "lock")
    said = []
    assert not lock.take()
    lock.wait(lambda: (said.append("waiting"), end(process)))
    assert said == ["waiting"]


def test_a_lock_that_nothing_refers_to_is_released(tmp_path):
    lock = Lock(tmp_path / "lock")
    assert lock.take()
    other = Lock(tmp_path / "lock")
    assert not other.take()
    del lock
    assert other.take()


def test_a_damaged_lock_works(tmp_path):
    (tmp_path / "lock").write_bytes(b"no database " * 1000)
    lock = Lock(tmp_path / "lock")
    lock.share()
    assert not Lock(tmp_path / "lock").take()


def test_what_cannot_be_locked_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        Lock(tmp_path / "file" / "lock")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        Lock(tmp_path / "folder").take()
