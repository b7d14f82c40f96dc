"""Kill `handcraft train` and `compare` with all their processes at random moments, and resume.

Run `python tests/fuzz/killed_runs.py FOLDER [--kills N] [--seed S]` from the top folder. What the
resumed runs write is compared, byte by byte, with what undisturbed ones write on a cache of their
own; the exit code is 1 if anything differs or is left behind.
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
from pathlib import Path

OPTIONS = ("--features", "hog+hue,patch-words", "--classifiers", "softmax", "--jobs", "2")


def command(name: str, images: Path, cache: Path, out: Path) -> tuple[list[str], Path]:
    """Return a command, and the file whose bytes are to be the same in the end."""
    result = out / "model.safetensors" if name == "train" else out / "predictions.csv"
    target = ["--model", str(result)] if name == "train" else ["--out", str(out)]
    run = [sys.executable, "-m", "handcraft", name, str(images), *OPTIONS, "--cache", str(cache)]
    return [*run, *target], result


def finish(name: str, images: Path, cache: Path, out: Path) -> tuple[bytes, float]:
    """Run to the end; return the bytes of the result, and the seconds it took."""
    arguments, result = command(name, images, cache, out)
    start = time.perf_counter()
    subprocess.run(arguments, check=True, capture_output=True)
    return result.read_bytes(), time.perf_counter() - start


def kill(name: str, images: Path, cache: Path, out: Path, after: float) -> bool:
    """Start a run and kill it after some seconds; return whether it was still running."""
    arguments, _ = command(name, images, cache, out)
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def main() -> int:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    rng, n_wrong = random.Random(arguments.seed), 0
    for name in ("train", "compare"):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            expected, seconds = finish(name, arguments.folder, folder / "c", folder / "out")
            killed = [
                kill(name, arguments.folder, folder / "killed", folder / "out-killed", after)
                for after in (rng.uniform(0, seconds) for _ in range(arguments.kills))
            ]
            got, _ = finish(name, arguments.folder, folder / "killed", folder / "out-killed")
            n_wrong += got != expected
            print(f"{name}: killed {sum(killed)} times; {'same' if got == expected else 'OTHER'}")
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
