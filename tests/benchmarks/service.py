"""A model as a service: the time of a prediction, in a running process and in a new one.

Run `python tests/benchmarks/service.py MODEL PHOTO...` from the top folder. Processor milliseconds
of a photograph, the least of several runs with one thread: those of `predict_proba`, beside its
parts; and processor and wall seconds of new processes, beside one that imports NumPy, OpenCV and
Pillow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from timing import cpu_milliseconds

import handcraft as hc
from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.data.decode import read_image

IMPORTS = "import numpy, cv2, PIL.Image"
"""What every prediction takes, whoever makes it."""


def in_process(model: hc.Model, photo: Path) -> dict[str, float]:
    """Return the milliseconds of a prediction, and of its parts."""
    image = read_image(photo)
    with single_threaded():
        row = model.extractor.transform([image]).astype(model.extractor.row_dtype)
        return {
            "predict_proba of the file": cpu_milliseconds(lambda: model.predict_proba(photo), 20),
            "predict_proba of the array": cpu_milliseconds(lambda: model.predict_proba(image), 20),
            "decoding": cpu_milliseconds(lambda: read_image(photo), 20),
            f"{model.extractor.name}": cpu_milliseconds(
                lambda: model.extractor.transform([image]), 20
            ),
            f"{model.classifier.name}": cpu_milliseconds(lambda: model.scores(row), 20),
        }


def new_process(arguments: Sequence[str], n_runs: int = 7) -> tuple[float, float]:
    """Return the processor and wall seconds of the fastest of some runs."""

    def once() -> tuple[float, float]:
        before, start = os.times(), time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        after, seconds = os.times(), time.perf_counter() - start
        used = after.children_user + after.children_system
        return used - before.children_user - before.children_system, seconds

    runs = [once() for _ in range(n_runs)]
    return min(cpu for cpu, _ in runs), min(seconds for _, seconds in runs)


def main() -> None:
    """Print a line for each part of a prediction, and for each process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("photos", type=Path, nargs="+")
    arguments = parser.parse_args()
    model = hc.load(arguments.model)
    times = [in_process(model, photo) for photo in arguments.photos]
    for name in times[0]:
        print(f"{name:32s} {np.median([of_photo[name] for of_photo in times]):7.2f} ms")
    file, photo = str(arguments.model), str(arguments.photos[0])
    processes = {
        "import handcraft": ["-c", "import handcraft"],
        IMPORTS: ["-c", IMPORTS],
        "handcraft predict": ["-m", "handcraft", "predict", file, photo],
    }
    for name, command in processes.items():
        cpu, seconds = new_process(command)
        print(f"{name:32s} {cpu:7.3f} s of processor time, {seconds:.3f} s")


if __name__ == "__main__":
    main()
