"""The command line: what a user may ask for. The work is done by `handcraft.pipeline.commands`.

The libraries behind it take a second to import; each command imports what it needs when it is
called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from handcraft.data.errors import RequestError

PATH = click.Path(path_type=Path)


class Commands(click.Group):
    """A group of commands whose failures end in one sentence and the right exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; exit with 1 if the run failed and 2 if the request was wrong."""
        try:
            return super().invoke(context)
        except RequestError as error:
            _end(f"Error: {error}", 2)
        except OSError as error:
            _end(f"Error: {error}", 1)
        except KeyboardInterrupt:
            _end("Stopped. What was extracted is kept: the same command continues from there.", 1)


def _end(message: str, code: int) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(code)


def _split(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Split names at the commas; a name given twice counts once."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not names:
        raise click.BadParameter("expected at least one name", context, parameter)
    return list(dict.fromkeys(names))


def _features(default: str) -> Callable[..., Any]:
    return click.option(
        "--features",
        callback=_split,
        metavar="NAMES",
        default=default,
        show_default=True,
        help="Feature sets, with commas between; a+b joins two; a:mirror sees no left and right.",
    )


_classifiers = click.option(
    "--classifiers",
    callback=_split,
    metavar="NAMES",
    default="svm,softmax",
    show_default=True,
    help="Classifiers, with commas between.",
)
_test = click.option("--test", type=PATH, help="Folder of test images, one folder per class.")
_out = click.option("--out", type=PATH, help="Folder for results [default: runs/NAME-TIME].")
_jobs = click.option(
    "--jobs", type=click.IntRange(1), help="Worker processes [default: one per core]."
)
_seed = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result."
)
_cache = click.option(
    "--cache", type=PATH, help="Folder for features that later runs reuse [default: the system's]."
)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="handcraft")
def main() -> None:
    """Classify images with hand-crafted features and linear classifiers, on a CPU.

    A folder of images holds one folder per class, or train/ and test/ with those inside.

    \b
    Examples:
      handcraft compare                            on the bundled sample
      handcraft compare photos/ --out runs/a
      handcraft train photos/ --model birds.safetensors
      handcraft evaluate birds.safetensors photos-test/
      handcraft predict birds.safetensors new/*.jpg --csv out.csv
    """  # noqa: D301 - the \b tells click to keep the lines


@main.command()
@click.argument("folder", type=PATH, required=False)
@_features("raw,hue,hog,sift-words,hog+hue")
@_classifiers
@click.option("--baselines", is_flag=True, help="Add scikit-learn's linear classifiers (slow).")
@_test
@_out
@click.option("--stress", is_flag=True, help="Also test on changed images: negative, blurred ...")
@click.option("--verbose", is_flag=True, help="First check losses and gradients, and print that.")
@_jobs
@_seed
@_cache
def compare(jobs: int | None, cache: Path | None, **request: Any) -> None:
    """Compare raw pixels with engineered features on FOLDER, or on the bundled sample.

    Without test images (--test, or a test/ beside a train/) a fifth of each class is held out.

    \b
    Examples:
      handcraft compare
      handcraft compare photos/ --features raw,hog,hog+hue --classifiers softmax
      handcraft compare photos/ --test more/ --baselines --out runs/a
    """  # noqa: D301
    from handcraft.pipeline import commands

    commands.compare(commands.open_context(jobs or os.cpu_count() or 1, cache), **request)


@main.command()
@click.argument("folder", type=PATH)
@_features("auto")
@click.option(
    "--effort",
    type=click.Choice(["quick", "normal", "best"]),
    default="normal",
    show_default=True,
    help="Of --features auto: about 1, 5 or 12 minutes for 50,000 small images.",
)
@_classifiers
@_test
@click.option("--model", type=PATH, help="Model file to write [default: FOLDER.safetensors].")
@_out
@_jobs
@_seed
@_cache
def train(jobs: int | None, cache: Path | None, **request: Any) -> None:
    """Train on FOLDER and write a model file.

    By default features and classifier are chosen from what the folder holds, by trying several
    on a part of it. Of several feature sets or classifiers that are named, the best on a
    validation split is kept. With test images (--test, or a test/ beside a train/) the model is
    evaluated on them.

    \b
    Examples:
      handcraft train photos/ --model birds.safetensors
      handcraft train photos/ --effort best
      handcraft train photos/ --features hog+hue,sift-words --classifiers svm
    """  # noqa: D301
    from handcraft.pipeline import commands

    commands.train(commands.open_context(jobs or os.cpu_count() or 1, cache), **request)


@main.command()
@click.argument("model", type=PATH)
@click.argument("folder", type=PATH)
@_out
@_jobs
@_cache
def evaluate(jobs: int | None, cache: Path | None, **request: Any) -> None:
    """Measure how well MODEL classifies the images of FOLDER, one folder per class.

    \b
    Example:
      handcraft evaluate birds.safetensors photos-test/ --out runs/b
    """  # noqa: D301
    from handcraft.pipeline import commands

    commands.evaluate(commands.open_context(jobs or os.cpu_count() or 1, cache), **request)


@main.command()
@click.argument("model", type=PATH)
@click.argument("paths", metavar="PATH...", type=PATH, nargs=-1, required=True)
@click.option("--csv", "csv_path", type=PATH, help="Also write path, class and all scores here.")
@_jobs
@_cache
def predict(jobs: int | None, cache: Path | None, **request: Any) -> None:
    """Print the class and its score for each image; a folder stands for all images in it.

    \b
    Examples:
      handcraft predict birds.safetensors new/*.jpg
      handcraft predict birds.safetensors new/ --csv out.csv
    """  # noqa: D301
    from handcraft.pipeline import commands

    commands.predict(commands.open_context(jobs or os.cpu_count() or 1, cache), **request)


@main.command()
def gradcheck() -> None:
    """Check every loss with every regulariser: its value at W = 0, and its gradient."""
    from handcraft.pipeline import commands

    commands.gradcheck()


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.argument("values", metavar="NAME=NUMBER...", nargs=-1)
@click.option("--svg", type=PATH, default=Path("circuit.svg"), show_default=True, help="Drawing.")
def graph(expression: str, values: tuple[str, ...], svg: Path) -> None:
    """Compute EXPRESSION forward and its gradients backward, and draw the circuit.

    \b
    Examples:
      handcraft graph "(x + y) * z" x=-2 y=5 z=-4
      handcraft graph "sigmoid(w0*x0 + w1*x1 + w2)" w0=2 x0=-1 w1=-3 x1=-2 w2=-3
    """  # noqa: D301
    from handcraft.pipeline import commands

    commands.graph(expression, values, svg)


@main.command()
@click.option("--out", type=PATH, default=Path("runs/tour"), show_default=True, help="Folder.")
@_jobs
@_seed
@_cache
def tour(jobs: int | None, cache: Path | None, **request: Any) -> None:
    """Tell the lecture as one page, with numbers computed now on the bundled sample."""
    from handcraft.pipeline import commands

    commands.tour(commands.open_context(jobs or os.cpu_count() or 1, cache), **request)
