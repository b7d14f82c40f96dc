"""Whole runs in processes of their own: two at once, killed, without workers, without disk."""

import os
import random
import resource
import signal
import subprocess
import sys
import time

import pytest
from disks import small_disk

FAST = ("--features", "hog+hue", "--classifiers", "softmax", "--no-diagnosis")


class Runs:
    """Starts `handcraft train` on the same images again and again."""

    def __init__(self, photos, folder):
        self.photos, self.folder = photos, folder
        self.n_runs = 0

    def start(self, jobs=2, cache="cache", **options):
        """Start a run, and return its process and the model that it is to write."""
        self.n_runs += 1
        out = self.folder / str(self.n_runs)
        command = [sys.executable, "-m", "handcraft", "train", str(self.photos), *FAST]
        command += ["--jobs", str(jobs), "--cache", str(self.folder / cache), "--out", str(out)]
        command += ["--model", str(out / "model")]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        return process, out / "model"

    def finish(self, **options):
        """Run to the end; return the bytes of what was written and all that was printed."""
        process, model = self.start(**options)
        output = process.communicate()[0]
        assert process.returncode == 0, output
        return model.read_bytes(), output


@pytest.fixture
def runs(photos, tmp_path):
    return Runs(photos, tmp_path)


@pytest.fixture(scope="module")
def expected(photos, tmp_path_factory):
    """Return the model of an undisturbed run."""
    return Runs(photos, tmp_path_factory.mktemp("undisturbed")).finish(jobs=1)[0]


def test_jobs_and_threads_change_no_byte(more_photos, photos, tmp_path):
    """A vocabulary is learned too: k-means is what depends on the last bits of a product."""

    def start(jobs, threads):
        out = tmp_path / f"{jobs}-{threads}"
        command = [sys.executable, "-m", "handcraft", "train", str(more_photos), "--test"]
        command += [str(photos), "--features", "sift-words+hue", "--jobs", str(jobs), "--out"]
        command += [str(out), "--cache", str(out / "cache"), "--model", str(out / "m.safetensors")]
        command += ["--no-diagnosis"]
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
        environment = {name: value for name, value in os.environ.items() if name not in names}
        environment |= dict.fromkeys(names, threads) if threads else {}
        return out, subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    written = []
    for out, process in [start(1, "1"), start(1, None), start(2, None)]:
        assert process.wait() == 0
        files = (out / "m.safetensors", out / "predictions.csv")
        written.append([file.read_bytes() for file in files])
    assert written == written[:1] * 3


def test_two_runs_on_one_cache_at_once(runs, expected):
    started = [runs.start() for _ in range(2)]
    for process, model in started:
        output = process.communicate()[0]
        assert process.returncode == 0, output
        assert model.read_bytes() == expected


def test_a_run_that_is_killed_again_and_again_continues(runs, expected):
    """`tests/fuzz/killed_runs.py` does so more often, in other ways, and with `compare`."""
    moments = random.Random(0)
    for _ in range(2):
        process, _ = runs.start(start_new_session=True)
        try:
            process.communicate(timeout=moments.uniform(1, 4))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert runs.finish()[0] == expected


@pytest.fixture
def tiny_disk(tmp_path):
    """Mount a disk of 100 KB, which a cache fills at once."""
    with small_disk(tmp_path / "small", "100k") as folder:
        yield folder


def test_a_full_disk_under_the_cache_is_said_and_done_without(runs, tiny_disk, expected):
    model, output = runs.finish(cache=tiny_disk.name)
    assert model == expected
    assert "No space left on device; continuing without it" in output


def test_no_room_for_any_file_is_one_clear_error(runs):
    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    process, _ = runs.start(jobs=1, preexec_fn=limit_files)
    output = process.communicate()[0]
    assert process.returncode == 1
    assert "Traceback" not in output
    assert output.splitlines()[-1].startswith("Error: ")
    assert "continuing without it" in output


def test_a_worker_that_is_killed_takes_nothing_with_it(runs, expected):
    process, model = runs.start()
    while (worker := next(iter(workers_of(process.pid)), None)) is None:
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(worker, signal.SIGKILL)
    output = process.communicate()[0]
    assert process.returncode == 0, output
    assert model.read_bytes() == expected


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_asked_to_end_takes_its_workers_along(runs, asked):
    process, _ = runs.start(start_new_session=True)
    while not any(workers_of(process.pid)):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(asked)
    output = process.communicate()[0]  # until nobody holds the pipe any more
    assert process.returncode == 1
    assert output.splitlines()[-1].startswith("Stopped.")
    for _ in range(100):  # who has closed the pipe may not be gone yet
        if not is_left(process.pid):
            return
        time.sleep(0.01)
    assert not is_left(process.pid)


def is_left(group):
    """Say whether a process of a group is at work."""
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True).stdout
    left = [line.split() for line in listed.splitlines()[1:]]
    return str(group) in {pgid for pgid, state in left if state[0] != "Z"}


def workers_of(parent):
    """Return the processes that a run has started to work for it (Linux)."""
    # Without -ww lines are cut at 80 columns, and long paths hide what the process is.
    listed = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True).stdout
    for line in listed.splitlines()[1:]:
        pid, ppid, command = line.split(None, 2)
        if int(ppid) == parent and "popen_loky" in command:
            yield int(pid)
