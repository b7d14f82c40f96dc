"""Limits of threads: kept while anybody is inside, lifted when the last one leaves."""

import threading

import cv2
import joblib
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from handcraft.classifiers.numerics.threads import default_jobs, single_threaded, usable_cores


def blas_threads():
    """Return the numbers of threads of all BLAS libraries; OpenCV 4 brings one that has none."""
    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {pool["num_threads"] for pool in blas if pool["threading_layer"] != "disabled"}


@pytest.fixture(autouse=True)
def two_threads():
    n_opencv = cv2.getNumThreads()
    cv2.setNumThreads(2)
    with threadpool_limits(2):
        yield
    cv2.setNumThreads(n_opencv)


def test_inside_there_is_one_thread_and_outside_as_many_as_before():
    with single_threaded():
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
        assert cv2.getNumThreads() == 1
    assert blas_threads() == {2}
    assert cv2.getNumThreads() == 2


def test_nested_blocks_end_with_the_outer_one():
    with single_threaded():
        with single_threaded():
            pass
        assert blas_threads() == {1}
    assert blas_threads() == {2}


def test_blocks_that_overlap_in_two_threads_leave_no_limit_behind():
    entered, leave = threading.Event(), threading.Event()

    def second():
        with single_threaded():
            entered.set()
            leave.wait()

    other = threading.Thread(target=second)
    with single_threaded():
        other.start()
        entered.wait()
    assert blas_threads() == {1}
    leave.set()
    other.join()
    assert blas_threads() == {2}
    assert cv2.getNumThreads() == 2


def test_an_error_inside_lifts_the_limits():
    with pytest.raises(KeyError), single_threaded():
        raise KeyError
    assert blas_threads() == {2}


def test_usable_cores_are_those_of_joblib(monkeypatch):
    assert usable_cores() == joblib.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert usable_cores() == 1
    assert usable_cores(5) == 5
    with pytest.raises(ValueError, match="n_jobs=0, expected at least 1"):
        usable_cores(0)


def test_a_default_of_jobs_holds_inside_where_no_other_number_is_given():
    with default_jobs(3):
        assert (usable_cores(), usable_cores(5)) == (3, 5)
        with default_jobs(None):
            assert usable_cores() == joblib.cpu_count()
    assert usable_cores() == joblib.cpu_count()
