"""Limits of threads, lifted when the last one leaves; products of the same bits on any number."""

import threading

import cv2
import joblib
import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from handcraft.classifiers.numerics import threads
from handcraft.classifiers.numerics.threads import (
    add_products,
    default_jobs,
    product_threads,
    row_products,
    single_threaded,
    store_products,
    tiles,
    usable_cores,
)


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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(117, 7), (300, 100), (1, 3), (2255, 10)])
def test_equal_rows_give_equal_bits_wherever_they_stand(shape, dtype):
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=shape).astype(dtype), rng.normal(size=shape[0]).astype(dtype)
    together = row_products(np.tile(x, (259, 1)), W)
    assert together.dtype == dtype
    np.testing.assert_array_equal(together, np.tile(row_products(x[None], W), (259, 1)))


@pytest.mark.parametrize("cached", [1, 40, 2**17])
def test_products_equal_loops_in_pieces_of_any_size(cached, monkeypatch):
    monkeypatch.setattr(threads, "CACHED_VALUES", cached)
    rng = np.random.default_rng(1)
    X, W = rng.normal(size=(5, 23)), rng.normal(size=(23, 4))
    expected = [[sum(a * b for a, b in zip(x, w, strict=True)) for w in W.T] for x in X]
    np.testing.assert_allclose(row_products(X, W), expected, atol=1e-12)


def test_no_rows_have_no_products():
    assert row_products(np.zeros((0, 3)), np.ones((3, 2))).shape == (0, 2)


def test_tiles_are_added_up_and_stored():
    rng = np.random.default_rng(0)
    A, B = (rng.normal(size=shape).astype(np.float32) for shape in ((1_300, 5), (5, 3)))
    total, stored = np.ones((1_300, 3), np.float32), np.zeros((1_300, 3), np.int8)
    with product_threads(2) as pool:
        add_products(pool, ((total[tile], A[tile], B) for tile in tiles(1_300)))
        store_products(pool, ((stored[tile], A[tile], B) for tile in tiles(1_300)))
    np.testing.assert_allclose(total, 1 + A @ B, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(stored, (A @ B).round())
