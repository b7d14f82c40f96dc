"""Kill and disturb `handcraft train` and `compare` at random moments, and check their output.

Run `python tests/fuzz/killed_runs.py FOLDER [--times N] [--seed S]` from the top folder. Each of
the two is killed with all its processes N times and resumed; loses a worker N / 2 times; is run
twice at once on one cache N / 2 times; and is asked to end, by SIGTERM and SIGHUP in turn, N / 2
times, after which no process of it may be left, or hold the pipe, for more than two seconds. What
is written is compared, byte by byte, with what an undisturbed run writes on a cache of its own. A
line tells of each kind of disturbance; the exit code is 1 if anything went wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

OPTIONS = ("--features", "hog+hue,patch-words", "--classifiers", "softmax", "--jobs", "2")

MOST_SECONDS = 2.0
"""How long a run that is asked to end may take, with all its processes."""


@dataclass
class Runs:
    """Runs of one command on the same images, each with an output folder of its own."""

    name: str
    images: Path
    scratch: Path
    rng: random.Random
    n_runs: int = 0
    expected: bytes = b""
    seconds: float = field(default=0.0)

    def start(self, cache: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a run, and return its process and the file that it is to write."""
        self.n_runs += 1
        out = self.scratch / str(self.n_runs)
        result = out / ("model.safetensors" if self.name == "train" else "predictions.csv")
        run = [sys.executable, "-m", "handcraft", self.name, str(self.images), *OPTIONS]
        run += ["--cache", str(self.scratch / cache), "--out", str(out)]
        run += ["--model", str(result)] if self.name == "train" else []
        pipe = subprocess.PIPE
        return subprocess.Popen(run, stdout=pipe, stderr=pipe, start_new_session=True), result

    def finish(self, cache: str) -> bytes:
        """Run to the end; return what was written."""
        process, result = self.start(cache)
        return written(process, result)

    def moment(self) -> float:
        """Return some seconds within the length of an undisturbed run."""
        return self.rng.uniform(0, self.seconds)


def written(process: subprocess.Popen[bytes], result: Path) -> bytes:
    """Wait for the end; return the file, or nothing if the run failed."""
    process.communicate()
    return result.read_bytes() if process.returncode == 0 else b""


def processes(session: int) -> list[int]:
    """Return what runs in a session (Linux)."""
    listed = subprocess.run(["ps", "-eo", "pid,sid,stat"], capture_output=True, text=True).stdout
    rows = [line.split() for line in listed.splitlines()[1:]]
    return [int(pid) for pid, sid, stat in rows if int(sid) == session and stat[0] != "Z"]


def killed(runs: Runs) -> bool:
    """Kill a run with all its processes; the cache stays for the next one."""
    process, _ = runs.start("killed")
    time.sleep(runs.moment())
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return True


def resumed(runs: Runs) -> bool:
    """Run to the end on what the killed runs have left."""
    return runs.finish("killed") == runs.expected


def without_a_worker(runs: Runs) -> bool:
    """Kill one process that a run has started."""
    process, result = runs.start(f"worker-{runs.n_runs}")
    time.sleep(runs.moment())
    workers = [pid for pid in processes(process.pid) if pid != process.pid]
    if workers:
        os.kill(runs.rng.choice(workers), signal.SIGKILL)
    return written(process, result) == runs.expected


def twice_at_once(runs: Runs) -> bool:
    """Run twice on one cache that is empty."""
    cache = f"both-{runs.n_runs}"
    both = [runs.start(cache) for _ in range(2)]
    return [written(*one) for one in both] == [runs.expected] * 2


def asked_to_end(runs: Runs) -> bool:
    """Send SIGTERM or SIGHUP to the main process alone."""
    process, result = runs.start(f"ended-{runs.n_runs}")
    time.sleep(runs.moment())
    process.send_signal((signal.SIGTERM, signal.SIGHUP)[runs.n_runs % 2])
    start = time.perf_counter()
    said = process.communicate()[1].decode().splitlines()
    while processes(process.pid):
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    done = process.returncode == 0 and result.read_bytes() == runs.expected
    well = process.returncode == 1 and said[-1].startswith("Stopped.")
    early = process.returncode < 0 and not said  # before Python listens to signals
    if seconds > MOST_SECONDS or not (done or well or early):
        print(f"  {process.returncode} after {seconds:.1f} s: {said[-1:]}")
        return False
    return True


def main() -> int:
    """Print a line for each command and kind of disturbance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    half = (arguments.times + 1) // 2
    disturbances: list[tuple[Callable[[Runs], bool], int]] = [
        *((killed, arguments.times), (resumed, 1), (without_a_worker, half)),
        *((twice_at_once, half), (asked_to_end, half)),
    ]
    n_wrong = 0
    for name in ("train", "compare"):
        with tempfile.TemporaryDirectory() as scratch:
            rng = random.Random(arguments.seed)
            runs = Runs(name, arguments.folder, Path(scratch), rng)
            start = time.perf_counter()
            runs.expected = runs.finish("undisturbed")
            runs.seconds = time.perf_counter() - start
            if not runs.expected:
                sys.exit(f"{name}: even the undisturbed run failed")
            for disturb, times in disturbances:
                right = sum(disturb(runs) for _ in range(times))
                n_wrong += times - right
                what = disturb.__name__.replace("_", " ")
                print(f"{name}, {what}: {right} of {times} as they should be", flush=True)
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
