"""Train on a folder at each effort, as `handcraft train` does, and test: accuracy, time, memory.

Run `python tests/benchmarks/accuracy.py FOLDER [--test FOLDER] [--efforts quick,normal,best]` from
the top folder. Each effort starts with an empty cache in a process of its own. Without test images
a fifth of each class is held out.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from handcraft.pipeline.experiment.automatic import EFFORTS
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.selection import AUTO, train_selected
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.run.context import RunContext


def run(folder: Path, test_folder: Path | None, effort: str, jobs: int) -> str:
    """Return a line of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        context = RunContext(Path(scratch), jobs)
        start = time.perf_counter()
        dataset, test = with_test_images(load_dataset(folder, test_folder, context), seed=0)
        model = train_selected([AUTO], ("svm", "softmax"), effort, dataset, 0, context)
        trained = time.perf_counter()
        row = evaluate(model, test, context)
        tested = time.perf_counter()
        get_reusable_executor().shutdown()  # or this process would wait for them to fall idle
        model.save(Path(scratch) / "model.safetensors")
        size = (Path(scratch) / "model.safetensors").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kibibytes
    return (
        f"{effort:8s} {row.accuracy:9.2%} {row.mean_per_class:15.2%} {trained - start:8.0f} s"
        f" {tested - trained:7.0f} s {peak / 2**20:7.1f} GiB {size / 1e6:9.2f} MB"
        f"  {row.features} with {row.classifier}"
    )


def main() -> None:
    """Print a line for each effort."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="class-per-folder tree of images")
    parser.add_argument("--test", type=Path, help="test images; default: a fifth is held out")
    parser.add_argument("--efforts", default=",".join(EFFORTS))
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    print("effort    accuracy  mean per class   training     test  peak memory      model  recipe")
    for effort in arguments.efforts.split(","):
        request = (arguments.folder, arguments.test, effort, arguments.jobs)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            print(pool.submit(run, *request).result(), flush=True)


if __name__ == "__main__":
    main()
