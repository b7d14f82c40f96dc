"""evaluate: how well a trained model classifies the images of a folder."""

from __future__ import annotations

from pathlib import Path

import click

from handcraft.pipeline.commands.run_folder import open_run_folder, write_run
from handcraft.pipeline.experiment.evaluation import evaluate as evaluate_on
from handcraft.pipeline.experiment.experiment import Comparison
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.dataset import load_test
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext


def evaluate(context: RunContext, model: Path, folder: Path, out: Path | None) -> None:
    """Classify the images of a class-per-folder tree and count what is right."""
    loaded = Model.load(model)
    out = open_run_folder(out, folder)
    evaluate_model(loaded, load_test(folder, loaded.class_names, context), out, context)


def evaluate_model(model: Model, test: CheckedImages, out: Path, context: RunContext) -> None:
    """Test `model`, print its accuracy, and write the run's files to `out`."""
    row = evaluate_on(model, test, context)
    low, high = row.interval
    click.echo(
        f"Accuracy {row.accuracy:.2%} on {len(test):,} images (95 % interval {low:.2%} to "
        f"{high:.2%}), mean per class {row.mean_per_class:.2%}"
    )
    write_run(out, Comparison(test, (row,)), [], several=False)
