"""joblib's Dask backend, which survives workers that die."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from distributed.scheduler import KilledWorker
from joblib._dask import DaskDistributedBackend

from handcraft.pipeline.workers.cluster import DIED


class DaskBackend(DaskDistributedBackend):  # type: ignore[misc]  # joblib has no types
    """joblib's backend, which is also notified of tasks that Dask gives up.

    joblib's own calls back only for finished tasks, and waits for the others forever (1.6). Dask
    runs the task of a dead worker on another one; after three more deaths
    (``distributed.scheduler.allowed-failures``) it gives up.
    """

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return the number of cores of the cluster; at least two, as with one joblib works here.

        A cluster may temporarily have lost all others.
        """
        n_cores: int = super().effective_n_jobs(n_jobs)
        return max(2, n_cores)

    def submit(self, func: Callable[..., Any], callback: Callable[[Any], None]) -> Future[Any]:
        """Send a batch; call back with its result, or with the reason why there is none."""

        def tell(done: Future[Any]) -> None:
            """Pass on the reason why there is no result."""
            if done.exception() is not None:
                callback(done.exception())

        future: Future[Any] = super().submit(func, callback)
        future.add_done_callback(tell)
        return future

    def retrieve_result_callback(self, out: Any) -> Any:
        """Return the results of a batch, here a single one."""
        if isinstance(out, KilledWorker):
            return [DIED]
        if isinstance(out, BaseException):
            raise out
        return super().retrieve_result_callback(out)
