"""Batches on worker processes: in order, and despite workers that die."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from handcraft.classifiers.numerics.threads import single_threaded, usable_cores
from handcraft.pipeline.run.stop import STOPPING
from handcraft.pipeline.workers.cluster import DIED, chosen_cluster
from handcraft.pipeline.workers.worker_process import begin_worker, follow_into

Item = TypeVar("Item")
Result = TypeVar("Result")

QUEUED = 3
"""Batches sent in advance to each worker, so that none waits for its next one."""


def run_batches(
    work: Callable[[Sequence[Item]], Result], batches: Sequence[Sequence[Item]], n_jobs: int | None
) -> Iterator[tuple[Sequence[Item], Result | None]]:
    """Yield each batch, in order, with ``work(batch)``.

    There are `n_jobs` processes; None: one per core.

    The processes are joblib's, so that ``joblib.parallel_config`` can send the same batches to
    another backend, such as all workers of a Dask cluster. Each call has one thread, so that
    results do not depend on `n_jobs`.

    If a worker dies (out of memory, or crashed in a decoder), the batches in progress are tried
    again item by item; on a cluster first as a whole, on other workers. The batch is then a single
    item, and its result is None if it killed two more workers.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    n_jobs = usable_cores(n_jobs)
    done = 0
    while done < len(batches):
        try:
            for result in _results(work, batches[done:], n_jobs):
                done += 1
                if result is DIED:
                    yield from _one_by_one(work, batches[done - 1], n_jobs)
                else:
                    yield batches[done - 1], result
        except TerminatedWorkerError:
            suspects = batches[done : done + QUEUED * n_jobs]
            done += len(suspects)
            for batch in suspects:
                yield from _one_by_one(work, batch, n_jobs)


def batches_of(
    items: Sequence[Item], most: int, size: Callable[[Item], float] = lambda _: 0.0
) -> list[Sequence[Item]]:
    """Split `items` into consecutive batches of at most `most`, whose sizes sum to at most 1.

    A larger item is a batch of its own.

    >>> batches_of([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    >>> batches_of([1, 2, 3, 4, 5], 10, size=lambda n: n / 6)
    [[1, 2, 3], [4], [5]]
    """
    starts, total = [0], 0.0
    for i, item in enumerate(items):
        total += size(item)
        if i - starts[-1] == most or (total > 1 and i > starts[-1]):
            starts.append(i)
            total = size(item)
    stops = [*starts[1:], len(items)]
    return [items[start:stop] for start, stop in zip(starts, stops, strict=True) if start < stop]


def _results(
    work: Callable[[Sequence[Item]], Result], batches: Sequence[Sequence[Item]], n_jobs: int
) -> Iterator[Result]:
    import joblib  # slow to import, and not needed for a few images

    client, backend = chosen_cluster(), None
    if client is not None:
        from handcraft.pipeline.workers.dask_backend import DaskBackend

        backend = DaskBackend(client=client)
    parallel = joblib.Parallel(
        n_jobs=n_jobs,
        backend=backend,
        return_as="generator",
        pre_dispatch=f"{QUEUED}*n_jobs",
        batch_size=1,
        initializer=begin_worker,
        initargs=(os.getpid(),),
    )
    folder = os.getcwd()
    with _interrupts_held_back():
        results: Iterator[Result] = parallel(
            joblib.delayed(_work_in)(folder, work, batch) for batch in batches
        )
    return results


def _one_by_one(
    work: Callable[[Sequence[Item]], Result], batch: Sequence[Item], n_jobs: int
) -> Iterator[tuple[Sequence[Item], Result | None]]:
    """Yield each item with its result from a worker of its own; None if two such workers die.

    On a cluster Dask makes several attempts for each of the two.
    """
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    for item in batch:
        result: Any = DIED
        for _ in range(2):
            if result is DIED:
                with suppress(TerminatedWorkerError):
                    result = next(iter(_results(work, [[item]], n_jobs)))
        yield [item], None if result is DIED else result


def _work_in(
    folder: str, work: Callable[[Sequence[Item]], Result], batch: Sequence[Item]
) -> Result:
    follow_into(folder)
    return run_single_threaded(work, batch)


def run_single_threaded(work: Callable[[Sequence[Item]], Result], batch: Sequence[Item]) -> Result:
    """Return ``work(batch)``, computed with one thread."""
    with single_threaded():
        return work(batch)


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Context in which started processes ignore Ctrl-C, even before their first line.

    Signals that arrive in it are handled at its end: an interrupt in between would leave a process
    that waits for its work, and prints a traceback when none comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[tuple[int, Any]] = []
    handlers = {n: h for n in STOPPING if callable(h := signal.getsignal(n))}
    for number in handlers:
        signal.signal(number, lambda *signalled: held.append(signalled))
    try:
        with _masked(signal.SIGINT):
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number, frame in held:
            handlers[signal.Signals(number)](number, frame)


@contextmanager
def _masked(number: int) -> Iterator[None]:
    """Mask a signal in this thread, and in the processes that it starts.

    The resource tracker of multiprocessing is started before: its start ends masks (CPython 3.11 to
    3.13), so that workers would begin without.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    from multiprocessing.resource_tracker import ensure_running  # a single image needs none of it

    ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
