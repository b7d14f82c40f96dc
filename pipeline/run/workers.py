"""Batches over worker processes, with one BLAS and one OpenCV thread in each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import joblib
from threadpoolctl import ThreadpoolController

Batch = TypeVar("Batch")
Result = TypeVar("Result")


def run_batches(
    work: Callable[[Batch], Result], batches: Sequence[Batch], n_jobs: int
) -> Iterator[Result]:
    """Yield ``work(batch)`` for each batch, in order, as the workers finish them.

    The processes are joblib's, so that ``joblib.parallel_config`` can send the same batches to
    another backend. Each call has one thread, whatever `n_jobs`, so that results do not depend
    on it.
    """
    parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator", pre_dispatch="3*n_jobs")
    results: Iterator[Result] = parallel(
        joblib.delayed(_single_threaded)(work, batch) for batch in batches
    )
    return results


def batches_of(n_items: int, batch_size: int) -> list[range]:
    """Cut ``range(n_items)`` into consecutive ranges of `batch_size`, the last one shorter.

    >>> batches_of(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [
        range(start, min(start + batch_size, n_items)) for start in range(0, n_items, batch_size)
    ]


def _single_threaded(work: Callable[[Batch], Result], batch: Batch) -> Result:
    with _thread_pools().limit(limits=1):
        return work(batch)


@functools.cache
def _thread_pools() -> Any:
    """Find the thread pools of this process once; looking for them takes milliseconds."""
    import cv2

    cv2.setNumThreads(1)
    return ThreadpoolController()
