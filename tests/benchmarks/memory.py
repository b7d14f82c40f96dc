"""Train softmax on rows that lie on disk: peak memory and time for 100,000 rows of 16,000 values.

Run `python tests/benchmarks/memory.py [--rows N] [--values N]` from the top folder. The rows are
random, in float16, with ten classes that differ a little; they need twice as many bytes of disk as
there are values.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from handcraft.classifiers import Softmax
from handcraft.classifiers.numerics.rows import release_pages

N_CLASSES = 10
BLOCK = 1_000


def write_rows(path: Path, n_rows: int, n_values: int) -> NDArray[np.intp]:
    """Write Gaussian noise around the mean of each row's class, and return the classes."""
    rng = np.random.default_rng(0)
    labels = rng.integers(N_CLASSES, size=n_rows)
    means = 0.05 * rng.standard_normal((N_CLASSES, n_values), np.float32)
    rows = open_memmap(path, "w+", np.float16, (n_rows, n_values))
    for start in range(0, n_rows, BLOCK):
        part = labels[start : start + BLOCK]
        rows[start : start + BLOCK] = means[part] + rng.standard_normal(
            (len(part), n_values), np.float32
        )
        release_pages(rows)
    return labels


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--values", type=int, default=16_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "rows.npy"
        labels = write_rows(path, arguments.rows, arguments.values)
        rows = np.load(path, mmap_mode="r")
        start = time.perf_counter()
        model = Softmax().fit(rows, labels)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # of kibibytes
    print(
        f"{arguments.rows:,} x {arguments.values:,}: {seconds:.0f} s, peak {peak:.1f} GiB, "
        f"{model.validation_accuracy_:.1%} right on validation rows"
    )


if __name__ == "__main__":
    main()
