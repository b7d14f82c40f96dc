"""explain: the reasons for each image's class, in figures and as a page with heat maps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import click

from handcraft.data.decode import read_image
from handcraft.data.errors import DecodeError, RequestError
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.prediction import load_model
from handcraft.pipeline.explanation.explanation import Explanation
from handcraft.pipeline.explanation.heat_map import GRID
from handcraft.pipeline.images.image_paths import could_not_be_read, named_images
from handcraft.pipeline.report.page import write_page
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import check_file
from handcraft.pipeline.run.text import percent, printable

MAX_IMAGES = 100
"""The most images on one page: each takes about 80 kB, and a second or less."""

OUR_PAGE = b'content="handcraft explain"'
"""Text near the start of a page of explanations."""


class Explained(NamedTuple):
    """A file and its explanation."""

    name: str
    explanation: Explanation


def explain(
    context: RunContext,
    model: Path,
    paths: tuple[str, ...],
    against: str | None,
    out: Path,
    force: bool,
) -> None:
    """Print and write explanations; exit with 1 if one of the images could not be read."""
    check_file(out, "--out", lambda start: OUR_PAGE in start, force)
    loaded = load_model(model, context)
    images = named_images(paths, context)
    if len(images) > MAX_IMAGES:
        raise RequestError(
            f"{len(images):,} images to explain; a page holds {MAX_IMAGES} at most: name fewer"
        )
    explained, unreadable = _explain_all(loaded, images, against, context)
    if explained:
        write_page(
            out,
            "explanation/page.html.j2",
            explanations=explained,
            unreadable=unreadable,
            model=f"{model.name}: {loaded.training}",
            grid=GRID,
        )
        click.echo(f"Page: {out}")
    if unreadable:
        click.echo(f"Error: {could_not_be_read(len(unreadable), len(images))}", err=True)
        sys.exit(1)


def _explain_all(
    model: Model, images: tuple[Path, ...], against: str | None, context: RunContext
) -> tuple[list[Explained], list[str]]:
    """Return the explanations of the readable files, and the errors of the others."""
    explained, unreadable = [], []
    for path in images:
        try:
            image = read_image(path, context.decoding)
        except DecodeError as error:
            unreadable.append(str(error))
            click.echo(str(error), err=True)
            continue
        explained.append(Explained(path.name, model.explain(image, against=against)))
        click.echo(_summary(path, explained[-1].explanation))
    return explained, unreadable


def _summary(path: Path, explanation: Explanation) -> str:
    """Return an image's most likely classes, and the sum of the difference, in a few lines."""
    given, against = explanation.given, explanation.against
    p_given, p_against = (explanation.probabilities[name] for name in (given, against))
    rows = [*explanation.parts.items(), ("bias", explanation.bias)]
    rows.append((f"score of {given} minus that of {against}", explanation.difference))
    width = max(len(name) for name, _ in rows)
    lines = [f"{path}: {given} {percent(p_given)}, {against} {percent(p_against)}"]
    lines += [f"  {name:{width}}  {value:+.3f}" for name, value in rows]
    return "\n".join(printable(line) for line in lines)
