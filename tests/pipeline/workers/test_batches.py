"""Batches over real worker processes, some of which die."""

import os
import signal
import subprocess
import sys
import time

import cv2
import joblib
import pytest
from threadpoolctl import threadpool_info

from handcraft.pipeline.run.stop import STOPPING
from handcraft.pipeline.workers.batches import batches_of, run_batches

# Workers cannot import this file: functions are sent as they are, so they are local ones.


@pytest.fixture
def squares():
    def squares(batch):
        return [number**2 for number in batch]

    return squares


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_results_come_in_order_with_their_batches(squares, n_jobs):
    batches = [[2 * i, 2 * i + 1] for i in range(10)]
    results = list(run_batches(squares, batches, n_jobs))
    assert results == [(batch, squares(batch)) for batch in batches]


def test_workers_follow_into_another_folder(tmp_path, monkeypatch):
    def where(batch):
        return os.getcwd()

    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        monkeypatch.chdir(folder)
        assert [found for _, found in run_batches(where, [[0], [1]], 2)] == [str(folder)] * 2


def test_no_batches_give_no_results(squares):
    assert list(run_batches(squares, [], 2)) == []


def test_an_item_that_kills_two_workers_has_no_result_and_the_others_have(squares):
    def deadly_seven(batch):
        if 7 in batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return squares(batch)

    batches = [[2 * i, 2 * i + 1] for i in range(10)]
    found = {}
    for batch, result in run_batches(deadly_seven, batches, 2):
        found |= dict.fromkeys(batch) if result is None else dict(zip(batch, result, strict=True))
    assert found == {number: number**2 if number != 7 else None for number in range(20)}
    assert list(found) == list(range(20))


def test_a_worker_that_is_killed_once_loses_nothing(tmp_path):
    def deadly_once(batch):
        for _, flag in batch:
            if flag and not os.path.exists(flag):
                open(flag, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        return [number for number, _ in batch]

    items = [(number, str(tmp_path / "flag") if number == 5 else "") for number in range(12)]
    results = [result for _, result in run_batches(deadly_once, [items[:6], items[6:]], 2)]
    assert [number for result in results for number in result] == list(range(12))


def test_an_exception_in_a_worker_comes_out_as_it_is():
    def broken(batch):
        raise ZeroDivisionError("from the worker")

    with pytest.raises(ZeroDivisionError, match="from the worker"):
        list(run_batches(broken, [[1]], 2))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_batch_has_one_thread_and_the_caller_keeps_its_own(n_jobs):
    def threads(batch):
        blas = [pool["num_threads"] for pool in threadpool_info()]
        return [max([cv2.getNumThreads(), *blas])]

    before = (cv2.getNumThreads(), [pool["num_threads"] for pool in threadpool_info()])
    cv2.setNumThreads(2)
    try:
        assert list(run_batches(threads, [[0]], n_jobs)) == [([0], [1])]
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before[0])
    assert [pool["num_threads"] for pool in threadpool_info()] == before[1]


def test_another_backend_of_joblib_can_be_chosen():
    def here(batch):
        return [os.getpid()]  # not sent anywhere, so need not be importable

    with joblib.parallel_config(backend="threading"):
        assert list(run_batches(here, [[0], [1]], 2)) == [
            ([0], [os.getpid()]),
            ([1], [os.getpid()]),
        ]


SLOW = """
import os, time
from handcraft.pipeline.run.stop import STOPPING
from handcraft.pipeline.workers.batches import run_batches
def work(batch):
    os.write(1, b"working\\n")  # in one piece, beside the other worker's
    time.sleep(600)
if __name__ == "__main__":
    list(run_batches(work, [[0], [1], [2]], 2))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_the_main_process(tmp_path, how):
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    process = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    for _ in range(2):
        assert process.stdout.readline() == b"working\n"
    start = time.monotonic()
    process.send_signal(how)
    process.communicate()  # until nobody holds the pipe any more
    assert process.returncode != 0
    assert time.monotonic() - start < 60  # not the ten minutes that the workers wanted


MASKED = """
import signal
from handcraft.pipeline.workers.batches import run_batches
def is_masked(batch):
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
if __name__ == "__main__":
    print(*(result for _, result in run_batches(is_masked, [[0], [1]], 2)))
"""


def test_workers_hear_no_interrupt_from_their_first_line_on(tmp_path):
    script = tmp_path / "masked.py"  # a process of its own: the first workers are the test
    script.write_text(MASKED)
    assert subprocess.check_output([sys.executable, str(script)], text=True) == "True True\n"


@pytest.mark.parametrize("how", STOPPING)
def test_a_signal_while_processes_start_is_heeded_once_they_have_started(monkeypatch, how):
    heard = []

    class Starting:
        """In the place of joblib's: the signal comes while it starts its processes."""

        def __init__(self, **_):
            pass

        def __call__(self, calls):
            os.kill(os.getpid(), how)
            heard.append("started")
            return iter([function(*given) for function, given, _ in calls])

    def note(*_):
        heard.append("signal")

    before = signal.signal(how, note)
    try:
        monkeypatch.setattr("joblib.Parallel", Starting)
        assert list(run_batches(len, [[1, 2], [3]], 2)) == [([1, 2], 2), ([3], 1)]
        assert heard == ["started", "signal"]
        assert signal.getsignal(how) is note
    finally:
        signal.signal(how, before)


def test_batches_hold_all_items_in_order_within_their_limits():
    sizes = [0.5, 0.6, 0.1, 3.0, 0.2, 0.2, 0.2, 0.2]
    batches = batches_of(sizes, 3, size=lambda size: size)
    assert [item for batch in batches for item in batch] == sizes
    assert batches == [[0.5], [0.6, 0.1], [3.0], [0.2, 0.2, 0.2], [0.2]]
    assert batches_of([], 3) == []
