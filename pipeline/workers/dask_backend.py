"""joblib's Dask backend, for which workers that die are no more than a lost batch."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from distributed.scheduler import KilledWorker
from joblib._dask import DaskDistributedBackend

from handcraft.pipeline.workers.cluster import DIED


class DaskBackend(DaskDistributedBackend):  # type: ignore[misc]  # joblib has no types
    """joblib's backend, which hears of tasks that Dask gives up as well.

    joblib's own calls back only for tasks that ended in order, and waits for the others forever
    (1.6). Dask runs the task of a worker that died on another one; after three more deaths
    (``distributed.scheduler.allowed-failures``) it gives the task up.
    """

    def effective_n_jobs(self, n_jobs: int) -> int:
        """Return how many cores the cluster has: two at least, as joblib does one core's work here.

        A cluster may have lost all others for a while.
        """
        n_cores: int = super().effective_n_jobs(n_jobs)
        return max(2, n_cores)

    def submit(self, func: Callable[..., Any], callback: Callable[[Any], None]) -> Future[Any]:
        """Send a batch; call back with its result, or with why there is none."""

        def tell(done: Future[Any]) -> None:
            """Pass on why there is no result."""
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
