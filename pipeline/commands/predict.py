"""predict: the class of each image."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from handcraft.data.folder import list_images
from handcraft.data.image_set import ImageSet
from handcraft.pipeline.commands.outputs import check_file
from handcraft.pipeline.experiment import evaluation
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.report.results import score_columns, write_csv
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import counted, printable

CSV_START = "path,predicted,"
"""How a CSV of predictions begins."""


def predict(
    context: RunContext,
    model: Path,
    paths: tuple[Path, ...],
    csv_path: Path | None,
    force: bool,
) -> None:
    """Print path, class and score of each image that decodes."""
    if csv_path is not None:
        check_file(csv_path, "--csv", lambda start: start.startswith(CSV_START.encode()), force)
    loaded = Model.load(model)
    found, report = list_images(paths)
    for sentence in report.sentences():
        context.progress.say(sentence)
    images = check_images(ImageSet(found, np.zeros(len(found), np.intp)), context)
    if len(images) == 0:
        click.echo(f"Error: none of {counted(len(found), 'image')} can be read", err=True)
        raise SystemExit(1)
    evaluated, images = evaluation.evaluate(loaded, images, context)
    scores = evaluated.scores
    predicted = [loaded.class_names[i] for i in scores.argmax(axis=1)]
    for path, name, best in zip(images.paths, predicted, scores.max(axis=1), strict=True):
        click.echo(f"{printable(str(path))}\t{printable(name)}\t{best:.6g}")
    if csv_path is not None:
        lines = (
            [str(path), name, *map(float, of_classes)]
            for path, name, of_classes in zip(images.paths, predicted, scores, strict=True)
        )
        write_csv(csv_path, ["path", "predicted", *score_columns(loaded.class_names)], lines)
