"""predict: the class of each image, and its probability."""

from __future__ import annotations

import sys
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import click

from handcraft.pipeline.experiment.prediction import (
    Prediction,
    load_model,
    predict_files,
)
from handcraft.pipeline.images.image_paths import could_not_be_read, named_images
from handcraft.pipeline.results.csv_file import write_csv
from handcraft.pipeline.results.prediction_lines import PredictionFormat
from handcraft.pipeline.results.sort_into import check_sorting, put
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import check_file
from handcraft.pipeline.run.text import counted

CSV_START = b"path,predicted,"
"""Start of a CSV of predictions."""


def predict(
    context: RunContext,
    model: Path,
    paths: tuple[str, ...],
    top: int,
    as_json: bool,
    csv_path: Path | None,
    unsure_below: float,
    sort_into: Path | None,
    link: bool,
    force: bool,
) -> None:
    """Print a line for each image; exit with 1 if one of them could not be read."""
    older = "" if csv_path is None else _what_it_replaces(csv_path, force)
    loaded = load_model(model, context)
    form = PredictionFormat(loaded.class_names, top, unsure_below)
    images = named_images(paths, context)
    if sort_into is not None:
        check_sorting(sort_into, form.answers, images, force)
    answers: Counter[str | None] = Counter()

    def told() -> Iterator[Prediction]:
        """Print, sort and count predictions one by one."""
        for prediction in predict_files(loaded, images, context):
            click.echo(form.json(prediction) if as_json else form.text(prediction))
            answer = form.answer(prediction)
            answers[answer] += 1
            if answer is not None and sort_into is not None:
                put(prediction.path, sort_into / answer, link)
            yield prediction

    if csv_path is None:
        deque(told(), maxlen=0)
    else:
        write_csv(csv_path, form.csv_header(), map(form.csv, told()))
        context.progress.say(f"{csv_path}: {counted(len(images), 'line')} written{older}")
    n_unreadable = answers.pop(None, 0)
    if sort_into is not None:
        put_there = counted(answers.total(), "image" if not link else "link")
        folders = counted(len(answers), "folder")
        context.progress.say(f"{sort_into}: {put_there} put into {folders}")
    if n_unreadable:
        click.echo(f"Error: {could_not_be_read(n_unreadable, len(images))}", err=True)
        sys.exit(1)


def _what_it_replaces(csv_path: Path, force: bool) -> str:
    """Report an older file that is replaced; refuse one that predict has not written."""
    check_file(csv_path, "--csv", lambda start: start.startswith(CSV_START), force)
    return ", in place of an older file" if csv_path.exists() else ""
