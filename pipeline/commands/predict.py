"""predict: the class of each image."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from handcraft.data.folder import ImageSet, list_images
from handcraft.pipeline.experiment import evaluation
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.intake import check_images
from handcraft.pipeline.report.results import score_columns, write_csv
from handcraft.pipeline.run.context import RunContext


def predict(
    context: RunContext, model: Path, paths: tuple[Path, ...], csv_path: Path | None
) -> None:
    """Print path, class and score of each image that decodes."""
    loaded = Model.load(model)
    found = list_images(paths)
    images = check_images(ImageSet(found, np.zeros(len(found), np.intp)), context)
    scores, _ = evaluation.classify(loaded, images, context)
    predicted = [loaded.class_names[i] for i in scores.argmax(axis=1)]
    for path, name, best in zip(images.paths, predicted, scores.max(axis=1), strict=True):
        click.echo(f"{path}\t{name}\t{best:.6g}")
    if csv_path is not None:
        lines = (
            [str(path), name, *map(float, of_classes)]
            for path, name, of_classes in zip(images.paths, predicted, scores, strict=True)
        )
        write_csv(csv_path, ["path", "predicted", *score_columns(loaded.class_names)], lines)
