"""Commands that use a trained model, or features alone: evaluate, predict, explain and others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command
from handcraft.pipeline.experiment import EXTRACTED_FEATURES


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("folder", type=options.location)
@options.labelling
@options.out
@options.run_context
@options.printer
def evaluate(**request: Any) -> None:
    """Measure how well MODEL classifies the images of FOLDER.

    FOLDER holds one folder per class.

    \b
    Example:
      handcraft evaluate birds.safetensors photos-test/ --out runs/b
    """  # noqa: D301
    from handcraft.pipeline.commands.evaluate import evaluate

    evaluate(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--top", type=click.IntRange(1), default=1, help="Number of classes to print for each image."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each image.")
@click.option(
    "--csv",
    "csv_path",
    type=options.PATH,
    help="Also write a CSV with all probabilities, in place of an earlier one.",
)
@click.option(
    "--unsure-below",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help="Answer 'unsure' if no class has at least this probability.",
)
@click.option(
    "--sort-into",
    type=options.PATH,
    help="Copy each image into a subfolder here, one for each class.",
)
@click.option("--link", is_flag=True, help="With --sort-into: create links instead of copies.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite the --csv file, and add to a --sort-into folder that is not empty.",
)
@options.context_without_cache
def predict(**request: Any) -> None:
    """Print path, class and probability of each image.

    They are separated by tabs. PATH is an image, a folder (all images below it), a quoted pattern
    such as "new/**/*.jpg", or - to read paths from the standard input. A line ends in "novel" if
    the image is unlike the training images. If an image cannot be read, its line says why, and the
    exit code is 1.

    \b
    Examples:
      handcraft predict birds.safetensors new/*.jpg --top 3
      handcraft predict birds.safetensors new/ --csv out.csv --unsure-below 0.5
      handcraft predict birds.safetensors new/ --sort-into sorted/
      find new/ -name "*.jpg" | handcraft predict birds.safetensors - --json
    """  # noqa: D301
    if request["link"] and request["sort_into"] is None:
        raise click.UsageError("--link needs a folder; name it with --sort-into")
    from handcraft.pipeline.commands.predict import predict

    predict(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("paths", metavar="IMAGE...", nargs=-1, required=True)
@click.option(
    "--against", metavar="CLASS", help="The class to compare with [default: the runner-up]."
)
@click.option(
    "--out",
    type=options.PATH,
    default=Path("explain.html"),
    show_default=True,
    help="Page with heat maps, in place of an earlier one.",
)
@options.force
@options.context_of_one_process
def explain(**request: Any) -> None:
    """Explain why each image gets its class, with a heat map.

    The most likely class is compared with the runner-up. The exact contribution of each feature set
    to the difference of their scores is printed; the page shows where in the image it comes from.
    IMAGE is as for predict: a file, a folder, a quoted pattern, or - to read paths from the
    standard input. If an image cannot be read, the reason is printed, and the exit code is 1.

    \b
    Examples:
      handcraft explain birds.safetensors new/1.jpg
      handcraft explain birds.safetensors new/1.jpg --against kestrel
      handcraft explain birds.safetensors new/*.jpg --out why.html
    """  # noqa: D301
    from handcraft.pipeline.commands.explain import explain

    explain(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8_023,
    show_default=True,
    help="Port on 127.0.0.1; 0 for any free one.",
)
@click.option(
    "--browser/--no-browser", default=True, help="Open the page in a browser.", show_default=True
)
@options.context_of_one_process
def serve(**request: Any) -> None:
    """Serve a local page that classifies photographs.

    Drop one on it to see its classes, and why. No other machine can reach the page (127.0.0.1), and
    nothing is uploaded or kept. It needs two small libraries: pip install 'handcraft[serve]'.

    \b
    Examples:
      handcraft serve birds.safetensors
      handcraft serve birds.safetensors --port 0 --no-browser
    """  # noqa: D301
    from handcraft.pipeline.commands.serve import serve

    serve(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
def show(model: Path) -> None:
    """Print what MODEL holds: classes, features, settings, accuracy.

    \b
    Example:
      handcraft show birds.safetensors
    """  # noqa: D301
    from handcraft.pipeline.commands.show import show

    show(model)


@click.command(cls=Command)
@click.argument("folder", type=options.location)
@options.labelling
@click.option("--features", help=f"The features to extract [default: {EXTRACTED_FEATURES}].")
@options.stretch
@click.option("--model", type=options.PATH, help="Use the fitted features of this model instead.")
@click.option(
    "--out", type=options.PATH, required=True, help="File to write: .npz, .csv or .parquet."
)
@options.force
@options.seed
@options.run_context
def extract(**request: Any) -> None:
    """Write the features of the images of FOLDER to a file.

    Each row has the path and the class of its image. Features are fitted on the training images,
    or taken from a model. If it is interrupted, the same command resumes where it stopped.

    \b
    Examples:
      handcraft extract photos/ --features hog+hue --out rows.npz
      handcraft extract photos/ --model birds.safetensors --out rows.csv
    """  # noqa: D301
    from handcraft.pipeline.commands.extract import extract

    extract(**request)
