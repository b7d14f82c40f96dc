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
@click.option("--top", type=click.IntRange(1), default=1, help="Classes to name for each image.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for each image.")
@click.option(
    "--csv",
    "csv_path",
    type=options.PATH,
    help="Also write a CSV with all probabilities; an older one of predict is replaced.",
)
@click.option(
    "--unsure-below",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="P",
    help="Answer 'unsure' where no class is as likely as this.",
)
@click.option(
    "--sort-into", type=options.PATH, help="Copy each image into a folder of its class in here."
)
@click.option("--link", is_flag=True, help="With --sort-into: link to the images instead.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace a file that --csv names, and add to a --sort-into folder that is not empty.",
)
@options.context_without_cache
def predict(**request: Any) -> None:
    """Print path, class and probability of each image.

    They have tabs between. A folder stands for all images below it, - for paths on the standard
    input, a quoted pattern such as "new/**/*.jpg" for what it matches. A line ends in "novel"
    where the image is unlike those of training. An image that cannot be read gets a line that
    says why, and the exit code is then 1.

    \b
    Examples:
      handcraft predict birds.safetensors new/*.jpg --top 3
      handcraft predict birds.safetensors new/ --csv out.csv --unsure-below 0.5
      handcraft predict birds.safetensors new/ --sort-into sorted/
      find new/ -name "*.jpg" | handcraft predict birds.safetensors - --json
    """  # noqa: D301
    if request["link"] and request["sort_into"] is None:
        raise click.UsageError("--link links in a folder; name it with --sort-into")
    from handcraft.pipeline.commands.predict import predict

    predict(**request)


@click.command(cls=Command)
@click.argument("model", type=options.PATH)
@click.argument("paths", metavar="IMAGE...", nargs=-1, required=True)
@click.option("--against", metavar="CLASS", help="Explain why not this class [default: the next].")
@click.option(
    "--out",
    type=options.PATH,
    default=Path("explain.html"),
    show_default=True,
    help="Page with heat maps; an older one of explain is replaced.",
)
@options.force
@options.context_of_one_process
def explain(**request: Any) -> None:
    """Show why each image gets its class, and where that lies.

    The likeliest class is set against the next one. What each feature set adds to the difference
    of their scores is printed, exactly; the page shows where it lies. IMAGE is as for predict: a
    file, a folder, a quoted pattern, or - for paths on the standard input. An image that cannot be
    read is named with the reason, and the exit code is then 1.

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
@click.option("--browser/--no-browser", default=True, help="Open the page.", show_default=True)
@options.context_of_one_process
def serve(**request: Any) -> None:
    """Open a page that classifies photographs dropped on it.

    It shows the classes of each, and why. The page is on this machine (127.0.0.1) and seen from
    no other; nothing is uploaded or kept. It needs two small libraries: pip install
    'handcraft[serve]'.

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
@click.option("--model", type=options.PATH, help="Take the fitted features of this model instead.")
@click.option(
    "--out", type=options.PATH, required=True, help="File to write: .npz, .csv or .parquet."
)
@options.force
@options.seed
@options.run_context
def extract(**request: Any) -> None:
    """Write the features of the images of FOLDER to a file.

    Each row has the path and the class of its image. Features are fitted on the training images,
    or taken from a model. Run again, the command goes on where it was stopped.

    \b
    Examples:
      handcraft extract photos/ --features hog+hue --out rows.npz
      handcraft extract photos/ --model birds.safetensors --out rows.csv
    """  # noqa: D301
    from handcraft.pipeline.commands.extract import extract

    extract(**request)
