"""train: the features and the classifier that validation prefers, as a model file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.commands.dataset_lines import describe
from handcraft.pipeline.commands.evaluate import evaluate_model
from handcraft.pipeline.commands.outputs import check_file, free_name
from handcraft.pipeline.commands.run_folder import open_run_folder
from handcraft.pipeline.commands.terminal import check_names
from handcraft.pipeline.experiment.selection import AUTO, train_selected
from handcraft.pipeline.images.dataset import load_dataset
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.state_file import is_state_file


def train(
    context: RunContext,
    folder: Path,
    features: list[str],
    classifiers: list[str],
    class_weight: str | None,
    effort: str,
    test: Path | None,
    model: Path | None,
    out: Path | None,
    force: bool,
    seed: int,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Train every feature set with every classifier; keep the best on the validation split.

    `features` may be just `AUTO`: then they are chosen here.
    """
    started = datetime.now(UTC)
    check_names([] if features == [AUTO] else features, classifiers)
    path = model or free_name(Path(f"{folder.resolve().name}.safetensors"))
    check_file(path, "--model", is_state_file, force)
    dataset = load_dataset(folder, test, context, labelling)
    click.echo(describe(dataset, class_weight))
    parameters = {} if class_weight is None else {"class_weight": class_weight}
    trained = train_selected(features, classifiers, effort, dataset, seed, context, **parameters)
    trained.save(path)
    click.echo(f"Selected model: {trained.training}")
    click.echo(f"Model: {path} ({path.stat().st_size / 1e6:.2f} MB)")
    if dataset.test is not None:
        out = open_run_folder(out, folder)
        record = RunRecord.of(dataset, test, started)
        evaluate_model(trained, dataset.test, record, out, context)
