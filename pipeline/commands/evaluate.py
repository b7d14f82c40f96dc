"""evaluate: how well a trained model classifies the images of a folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.commands.run_folder import open_run_folder, write_run
from handcraft.pipeline.commands.terminal import load_model
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import evaluate as evaluate_on
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.dataset import load_test
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.report.verdict import leaks
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import counted, interval, percent


def evaluate(
    context: RunContext,
    model: Path,
    folder: Path,
    out: Path | None,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Measure the accuracy of a model on the images of a class-per-folder tree."""
    started = datetime.now(UTC)
    loaded = load_model(model, context)
    out = open_run_folder(out, folder)
    test = load_test(folder, loaded.class_names, context, labelling)
    record = RunRecord(folder, None, loaded.class_names, {"test": test}, test.unreadable, started)
    evaluate_model(loaded, test, record, out, context)


def evaluate_model(
    model: Model, test: CheckedImages, record: RunRecord, out: Path, context: RunContext
) -> None:
    """Test `model`, print its figures, and write the run's files to `out`."""
    evaluation = evaluate_on(model, test, context)
    n_images = counted(len(evaluation.images), "image")
    click.echo(
        f"Accuracy {percent(evaluation.accuracy)} of {n_images} "
        f"({interval(*evaluation.interval)}), mean per class "
        f"{percent(evaluation.mean_per_class)} ({interval(*evaluation.mean_per_class_interval)})"
    )
    comparison = Comparison((evaluation,), training=record.parts.get("train"))
    for sentence in leaks(comparison):
        click.echo(sentence)
    write_run(out, record, comparison, [], several=False)
