"""Commands that use a trained model: evaluate and predict."""

from __future__ import annotations

from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("folder", type=options.PATH)
@options.labelling
@options.out
@options.run_context
def evaluate(**request: Any) -> None:
    """Measure how well MODEL classifies the images of FOLDER, one folder per class.

    \b
    Example:
      handcraft evaluate birds.safetensors photos-test/ --out runs/b
    """  # noqa: D301
    from handcraft.pipeline.commands.evaluate import evaluate

    evaluate(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("paths", metavar="PATH...", type=options.PATH, nargs=-1, required=True)
@click.option(
    "--csv", "csv_path", type=options.PATH, help="Also write a CSV of path, class and scores."
)
@options.force
@options.run_context
def predict(**request: Any) -> None:
    """Print the class and its score for each image; a folder stands for all images in it.

    \b
    Examples:
      handcraft predict birds.safetensors new/*.jpg
      handcraft predict birds.safetensors new/ --csv out.csv
    """  # noqa: D301
    from handcraft.pipeline.commands.predict import predict

    predict(**request)
