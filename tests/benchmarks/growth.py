"""Scaling of time, memory and disk space with the number of images.

    python tests/benchmarks/growth.py [--side 32] [--counts 1000,10000,100000] [--features hog+hue]

Images are made of waves with noise, as PNG files of 32 x 32 or, with ``--side 300``, JPEG files of
300 x 200 pixels, in ten classes. For each count a process trains softmax and predicts, as `train`
would, and another one starts again with what the first has left in its cache. Printed are processor
seconds, of all processes, for each 1,000 images, so that whatever else the machine does hardly
counts, without the start of workers; for the warm start seconds by the clock, of the whole program.

What the main thread computes is serial, the rest is in workers and threads. By Amdahl's law (1967)
the last column is how many times as fast as one core 16 cores are.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import psutil

from handcraft.features import make_extractor
from handcraft.pipeline.experiment.training import recipes, train
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.cache import bytes_below
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.workers.batches import run_batches

N_CLASSES = 10
STAGES = ("Reading", "Fitting", "Extracting", "Training", "Predicting")
MEASURED = ("warm start", "memory", "disk", "serial", "gain of 16 cores")
N_PREDICTED = 10_000
CORES = 16


def write_images(folder, count, side):
    """Write images of waves, whose direction is the class, under noise of their own."""
    height, width = (side, side) if side < 100 else (side * 2 // 3, side)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width] * (2 * np.pi / 8)
    for label in range(N_CLASSES):
        (folder / f"class-{label}").mkdir(parents=True)
        angle = np.pi * label / N_CLASSES
        wave = 128 + 60 * np.sin(np.cos(angle) * x + np.sin(angle) * y)
        noise = rng.integers(0, 100, (height + 64, width + 64, 3), np.uint8)
        for i in range(count // N_CLASSES):
            top, left = rng.integers(64, size=2)
            image = wave[..., None] + noise[top : top + height, left : left + width]
            image[rng.integers(height), rng.integers(width)] = rng.integers(255, size=3)
            name = f"class-{label}/{i:06}.{'png' if side < 100 else 'jpg'}"
            cv2.imwrite(str(folder / name), np.clip(image - 50, 0, 255).astype(np.uint8))


def processor_seconds():
    """Return the processor seconds so far of this process and its workers, ended ones too."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return sum(sum(process.cpu_times()[:4]) for process in family)


class Clock(Progress):
    """Progress that shows nothing, and adds up processor seconds by kind of step."""

    def __init__(self):
        super().__init__(quiet=True)
        self.seconds = {}

    @contextmanager
    def stage(self, description, total, unit=""):
        start = processor_seconds()
        with super().stage(description, total, unit) as bar:
            yield bar
        kind = description.split()[0]
        self.seconds[kind] = self.seconds.get(kind, 0) + processor_seconds() - start


def run(folder, cache, features):
    """Train and predict; print the processor seconds of each kind of step, memory and disk."""
    clock = Clock()
    context = RunContext(cache, None, clock)
    deque(run_batches(list, [[number] for number in range(64)], None), maxlen=0)  # starts workers
    whole, serial = processor_seconds(), time.thread_time()
    dataset = load_dataset(folder, None, context)
    (recipe,) = recipes([features], ["softmax"], 0, context)
    model = train(recipe, dataset, 0, context)
    with clock.stage("Predicting", 1, "images"):
        model.predict(dataset.training.paths[:N_PREDICTED])
    whole, serial = processor_seconds() - whole, time.thread_time() - serial
    gain = whole / (serial + (whole - serial) / CORES)
    n_predicted = min(len(dataset.training), N_PREDICTED)
    clock.seconds["Predicting"] *= len(dataset.training) / n_predicted
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found = {"GiB": peak, "disk": bytes_below(cache) / 2**30, "serial": serial / whole}
    print(json.dumps({**clock.seconds, **found, "gain": gain}))


def start_again(folder, cache, features):
    """Find all images and rows of the run before."""
    context = RunContext(cache, None)
    dataset = load_dataset(folder, None, context)
    features = learn_features(make_extractor(features), dataset.training, 0, context)
    print(json.dumps({"rows": len(features.rows)}))


def measure(count, options):
    """Return what the two processes found out, with the seconds of the second by the clock."""
    with tempfile.TemporaryDirectory() as parent:
        folder, cache = Path(parent, "images"), Path(parent, "cache")
        write_images(folder, count, options.side)
        found = {}
        for step in (run, start_again):
            command = [sys.executable, __file__, "--step", step.__name__, str(folder), str(cache)]
            command += ["--features", options.features]
            start = time.perf_counter()
            found |= json.loads(subprocess.check_output(command, text=True))
        return found | {"warm": time.perf_counter() - start}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=32)
    parser.add_argument("--counts", default="1000,10000,100000")
    parser.add_argument("--features", default="hog+hue")
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, folder, cache = options.step
        globals()[name](Path(folder), Path(cache), options.features)
        return
    print("| images |", " | ".join([*STAGES, *MEASURED]), "|")
    print("|---" * (1 + len(STAGES) + len(MEASURED)) + "|")
    for count in map(int, options.counts.split(",")):
        found = measure(count, options)
        each = [f"{1000 * found.get(stage, 0) / count:.3f}" for stage in STAGES]
        rest = [f"{found['warm']:.1f} s", f"{found['GiB']:.2f} GiB", f"{found['disk']:.2f} GiB"]
        rest += [f"{100 * found['serial']:.1f} %", f"{found['gain']:.1f} x"]
        print(f"| {count:,} |", " | ".join([*each, *rest]), "|", flush=True)


if __name__ == "__main__":
    main()
