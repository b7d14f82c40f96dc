"""The time estimate of `train` against the real time.

    python tests/benchmarks/forecast.py FOLDER... [--efforts quick,normal,best]

Every run begins with nothing in the cache but the images' sizes. On a busy machine the load must be
the same from the forecast to the end of a run.
"""

import io
import os
import tempfile
import time
from pathlib import Path

import click
from rich.console import Console

from handcraft.pipeline.commands.train import train
from handcraft.pipeline.experiment import LINEAR
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.run.terminal import Printer


class Noting(Progress):
    """Notes the seconds that were forecast, and when."""

    told, since = 0.0, 0.0

    def forecast(self, steps):
        self.told, self.since = sum(seconds for _, seconds in steps), time.perf_counter()
        super().forecast(steps)


def run(folder, effort, n_jobs):
    """Train; return the seconds that were forecast, that it took, and that the forecast took."""
    with tempfile.TemporaryDirectory() as scratch:
        context = RunContext(Path(scratch) / "cache", n_jobs)
        load_dataset(folder, None, context)
        context.progress = Noting(Console(file=io.StringIO()))
        start = time.perf_counter()
        model, out = Path(scratch) / "model.safetensors", Path(scratch) / "run"
        train(context, Printer(True, False), folder, ["auto"], [*LINEAR], None, False, effort, None,
              None, model, out, False, True, 0)  # fmt: skip
        end, progress = time.perf_counter(), context.progress
        return progress.told, end - progress.since, progress.since - start


@click.command()
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--efforts", default="quick,normal")
@click.option("--jobs", type=int)
def main(folders, efforts, jobs):
    """Print a line for each folder and effort."""
    print(f"load {os.getloadavg()[0]:.1f}")
    print("| folder | effort | forecast | took | ratio | trying |")
    print("|---|---|---|---|---|---|")
    for folder in folders:
        for effort in efforts.split(","):
            told, took, trying = run(folder, effort, jobs)
            print(
                f"| {folder.name} | {effort} | {told:.0f} s | {took:.0f} s | {told / took:.2f} | "
                f"{trying:.1f} s |",
                flush=True,
            )


if __name__ == "__main__":
    main()
