"""Work on a Dask cluster of separate processes, some of which die."""

import os
import signal
import sys
from pathlib import Path

import joblib
import pytest
from commands import run_command

from handcraft.data.errors import RequestError
from handcraft.data.remote import located
from handcraft.pipeline.cli import main
from handcraft.pipeline.run.libraries import IN_RESULTS, own_code, versions
from handcraft.pipeline.workers import cluster
from handcraft.pipeline.workers.batches import run_batches

dask = pytest.importorskip("dask", reason="no Dask here; the test extra installs it")
distributed = pytest.importorskip("distributed", reason="no Dask here; the test extra installs it")

# An error would be raised inside of Dask, whose sockets warn as they are lost with a worker.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def client():
    """Start two workers, processes of their own; a task is given up with the first that dies."""
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(**options, dashboard_address=":0") as workers,
        distributed.Client(workers) as client,
    ):
        yield client


@pytest.fixture
def on_cluster(client):
    client.wait_for_workers(2)  # an earlier test may have killed one
    with joblib.parallel_config("dask", client=client):
        yield client


def test_batches_are_done_on_the_workers_and_come_in_order(on_cluster):
    def squares(batch):
        return os.getpid(), [number**2 for number in batch]

    batches = [[2 * i, 2 * i + 1] for i in range(10)]
    results = list(run_batches(squares, batches, 1))
    assert [(batch, made) for batch, (_, made) in results] == [
        (batch, [number**2 for number in batch]) for batch in batches
    ]
    assert {pid for _, (pid, _) in results} <= set(on_cluster.run(os.getpid).values())


def test_an_exception_in_a_worker_comes_out_as_it_is(on_cluster):
    def broken(batch):
        raise ZeroDivisionError("from the worker")

    with pytest.raises(ZeroDivisionError, match="from the worker"):
        list(run_batches(broken, [[1]], 1))


def test_an_item_that_kills_every_worker_has_no_result_and_the_others_have(on_cluster):
    def deadly_three(batch):
        if 3 in batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return list(batch)

    results = list(run_batches(deadly_three, [[0, 1], [2, 3], [4, 5]], 1))
    assert [number for batch, _ in results for number in batch] == list(range(6))
    assert all(made == (None if batch == [3] else batch) for batch, made in results)


def kill_one_at_its_task(client, number, flag):
    """Let the first worker that begins the task of this number die, once; `flag` notes it."""

    class Killer(distributed.WorkerPlugin):
        name = "killer"

        def setup(self, worker):
            self.n_begun = 0

        def transition(self, key, start, finish, **_):
            self.n_begun += finish == "executing"
            if self.n_begun == number and not os.path.exists(flag):
                Path(flag).touch()
                os.kill(os.getpid(), signal.SIGKILL)

    client.register_plugin(Killer())


def refusal(*command):
    """Return what the command says when it ends as a request that was wrong."""
    return run_command(*command, expect=2).stderr


def test_a_model_trained_with_a_worker_killed_midway_is_the_same(client, many_photos, tmp_path):
    def files(name, *more):
        options = [f"--model={name}", f"--out={name}.run", f"--cache={name}.cache", "--quiet"]
        command = ["train", str(many_photos), "--features=hog+hue", "--classifiers=nn"]
        main([*command, *options, "--no-diagnosis", *more], standalone_mode=False)
        return [Path(name).read_bytes(), Path(f"{name}.run", "predictions.csv").read_bytes()]

    flag = tmp_path / "killed"
    kill_one_at_its_task(client, 2, flag)  # of at least four on two workers: fit or extraction
    there = files("there", f"--dask={client.scheduler.address}")
    assert flag.exists()
    assert there == files("here")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs files that one process sees")
@pytest.mark.parametrize("options", [["extract", "--cache=cache"], ["check"]])
def test_images_that_workers_do_not_see_are_one_error_before_any_work(on_cluster, photos, options):
    folder = os.open(photos, os.O_RDONLY)  # this process alone sees it below /proc/self
    try:
        said = refusal(*options, f"/proc/self/fd/{folder}", "--out=rows.npz")
    finally:
        os.close(folder)
    assert said.startswith("Error: 2 of 2 workers cannot do the work, such as tcp://127.0.0.1:")
    assert "it cannot find /proc/self/fd" in said
    assert said.count("\n") == 1
    assert not any(path.is_file() for path in Path("rows.npz").glob("*"))
    assert not Path("rows.npz").is_file()


def test_workers_of_other_versions_are_one_error(on_cluster, photos, monkeypatch):
    paths = list(photos.rglob("*.png"))
    cluster.require_fit_workers(paths)
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "own_code", lambda: "other code")
        with pytest.raises(RequestError, match="another version of handcraft is installed there"):
            cluster.require_fit_workers(paths)
    with monkeypatch.context() as patch:
        patch.setattr(cluster, "versions", lambda names: {"numpy": "1.0"})
        with pytest.raises(RequestError, match=r"numpy is .* there, 1.0 here; install the same"):
            cluster.require_fit_workers(paths)


def test_a_worker_that_cannot_read_addresses_says_why():
    state = (versions(IN_RESULTS), own_code())
    reason = cluster._unfit(os.getcwd(), [located("gs://bucket/1.png")], *state)
    assert reason.startswith("it cannot reach the images (gs://bucket/1.png: a library is")


def test_workers_without_handcraft_are_one_error(on_cluster):
    def take_away():
        sys.modules["handcraft.pipeline.workers.cluster"] = None

    def give_back():
        del sys.modules["handcraft.pipeline.workers.cluster"]

    on_cluster.run(take_away)
    try:
        with pytest.raises(RequestError, match="handcraft does not run there"):
            cluster.require_fit_workers([])
    finally:
        on_cluster.run(give_back)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://a"])
def test_a_scheduler_that_is_not_there_is_named(monkeypatch, address):
    monkeypatch.setattr(cluster, "SCHEDULER_SECONDS", 0.5)
    said = refusal("extract", "photos", "--out=a.npz", f"--dask={address}")
    assert f"--dask {address}: cannot reach a scheduler" in said


@pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:80", "tcp://no.invalid:1", ""])
def test_what_is_no_address_is_refused_before_a_client_is_made(monkeypatch, address):
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: pytest.fail("a client is made"))
    said = refusal("extract", "photos", "--out=a.npz", f"--dask={address}")
    assert f"--dask {address}: cannot reach a scheduler" in said


def test_a_cluster_without_workers_is_said_to_be_one(monkeypatch):
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 0.5)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        said = refusal("extract", "photos", "--out=a.npz", f"--dask={address}")
    assert f"no worker in 0.5 s; start some with `dask worker {address}`" in said


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = refusal("extract", "photos", "--out=a.npz", "--dask=tcp://a:1")
    assert "pip install 'handcraft[dask]'" in said
