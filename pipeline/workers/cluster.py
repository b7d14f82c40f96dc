"""A Dask cluster instead of processes on this machine: connection and checks."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from handcraft.data.errors import RequestError
from handcraft.data.names import counted, printable
from handcraft.pipeline.run.libraries import IN_RESULTS, own_code, versions
from handcraft.pipeline.workers.worker_process import follow_into

DIED = object()
"""The result of a batch that, by the scheduler, has killed several workers."""

SCHEDULER_SECONDS, WORKER_SECONDS = 10, 60
"""Timeouts for the scheduler, and for its first worker, which a queue may have to start."""

MOST_LOOKED_FOR = 100
"""The most images that a worker looks for, one per folder: a millisecond each on shared storage."""


@contextmanager
def cluster_of(address: str | None) -> Iterator[None]:
    """Use the workers of the scheduler at this address; None: processes on this machine.

    Raises
    ------
    RequestError
        If Dask is not installed, there is no scheduler at the address, or it has no workers.
    OSError
        If the scheduler is lost.
    """
    if address is None:
        yield
        return
    import joblib

    with _connected(address) as client, joblib.parallel_config("dask", client=client):
        try:
            yield
        except (OSError, CancelledError):
            if client.status == "running":
                raise
            raise OSError(
                f"--dask {address}: lost the connection to the scheduler; start it again"
            ) from None


def chosen_cluster() -> Any:
    """Return the client of the Dask cluster chosen by ``joblib.parallel_config``, or None."""
    if "joblib" not in sys.modules:
        return None
    backend, _ = sys.modules["joblib"].parallel.get_active_backend()
    return getattr(backend, "client", None)


def require_fit_workers(paths: Sequence[Path]) -> None:
    """Check that all workers of the cluster, if one is chosen, are fit for the work.

    Raises
    ------
    RequestError
        If one has other versions of libraries or other code, or cannot find the images.
    """
    client = chosen_cluster()
    if client is None:
        return
    one_of_each = (path for path in {p.parent: p for p in paths}.values() if path.exists())
    looked_for = list(islice(one_of_each, MOST_LOOKED_FOR))
    needs = (os.getcwd(), looked_for, versions(IN_RESULTS), own_code())
    answers = client.run(_unfit, *needs, on_error="return")
    wrong = {worker: answer for worker, answer in answers.items() if answer is not None}
    if not wrong:
        return
    worker, answer = next(iter(wrong.items()))
    if isinstance(answer, Exception):
        answer = f"handcraft does not run there ({answer}); install what is installed here"
    n_wrong = f"{len(wrong)} of {counted(len(answers), 'worker')}"
    raise RequestError(f"{n_wrong} cannot do the work, such as {worker}: {printable(answer)}.")


def _unfit(
    folder: str, paths: Sequence[Path], libraries: Mapping[str, str | None], code: str
) -> str | None:
    """Return, on a worker, what makes it unfit for the work."""
    follow_into(folder)
    for name, there in versions(libraries).items():
        if there != libraries[name]:
            return f"{name} is {there} there, {libraries[name]} here; install the same version"
    if own_code() != code:
        return "another version of handcraft is installed there; install the same one"
    try:
        hidden = next((path for path in paths if not path.exists()), None)
    except (OSError, RequestError) as error:  # of an address
        return (
            f"it cannot reach the images ({error}); give it the libraries and permissions it needs"
        )
    if hidden is None:
        return None
    return f"it cannot find {hidden}; put the images on shared storage, under one path"


def _connected(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.comm.addressing import resolve_address
    except ImportError:
        raise RequestError("--dask: Dask is missing; pip install 'handcraft[dask]'") from None
    logging.getLogger("distributed").setLevel(logging.ERROR)  # it warns of each worker that ends
    try:
        resolve_address(address)  # a Client that cannot connect gives up after 20 s only
        client: Any = Client(address, timeout=SCHEDULER_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise RequestError(
            f"--dask {address}: cannot reach a scheduler ({reason}); give the address that `dask "
            "scheduler` prints, such as tcp://host:8786"
        ) from None
    try:
        client.wait_for_workers(1, WORKER_SECONDS)
    except TimeoutError:
        client.close()
        raise RequestError(
            f"--dask {address}: no worker in {WORKER_SECONDS} s; start some with "
            f"`dask worker {address}`"
        ) from None
    return client
