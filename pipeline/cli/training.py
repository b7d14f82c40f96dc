"""Commands that train models: compare and train."""

from __future__ import annotations

from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command
from handcraft.pipeline.experiment import COMPARED_FEATURES


@click.command(cls=Command)
@click.argument("folder", type=options.location, required=False)
@options.features(",".join(COMPARED_FEATURES))
@options.classifiers
@options.class_weight
@options.stretch
@click.option("--baselines", is_flag=True, help="Add scikit-learn's linear classifiers (slow).")
@options.test
@options.labelling
@options.splitting
@options.out
@click.option("--stress", is_flag=True, help="Also test on perturbed images: negative, blurred ...")
@options.diagnosis
@click.option(
    "--verbose", is_flag=True, help="First check losses and gradients, and print the results."
)
@options.seed
@options.run_context
@options.printer
def compare(**request: Any) -> None:
    """Compare raw pixels with engineered features on FOLDER.

    Without FOLDER, the bundled sample is used. Without test images (--test, or a test/ beside a
    train/) a fifth of each class is held out.

    \b
    Examples:
      handcraft compare
      handcraft compare photos/ --features raw,hog,hog+hue --classifiers softmax
      handcraft compare photos/ --folds 5 --repeats 2
      handcraft compare photos/ --test more/ --baselines --out runs/a
    """  # noqa: D301
    from handcraft.pipeline.commands.compare import compare

    compare(**request)


@click.command(cls=Command)
@click.argument("folder", type=options.location)
@options.features("auto")
@click.option(
    "--effort",
    type=click.Choice(["quick", "normal", "best"]),
    help="How thoroughly to search, with --features auto: about 1, 5 or 12 minutes for 50,000 "
    "small images [default: normal].",
)
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="Use the most thorough --effort that finishes in N minutes on this machine.",
)
@options.classifiers
@options.class_weight
@options.stretch
@options.test
@options.labelling
@click.option("--model", type=options.PATH, help="Model file [default: FOLDER.safetensors].")
@options.force
@options.out
@options.diagnosis
@options.seed
@options.run_context
@options.printer
def train(**request: Any) -> None:
    """Train on FOLDER and write a model file.

    By default features and classifier are chosen automatically: features are compared on a subset
    of the images, classifiers on all of them. With fewer than 500 training images, or with
    --effort quick, the features are the first choice for images of their size. If several feature
    sets or classifiers are named, the one with the lowest selection cost on validation images is
    kept: the cross-entropy of calibrated probabilities plus a multiple of the error rate. Its
    accuracy is measured on test images (--test, or a test/ beside a train/), or else on a fifth of
    the images that is held out before the model is trained on all.

    With --minutes, the --effort depends on the speed of the machine. To get the same results again,
    pass the --effort that results.json records, as the command in the report does.

    \b
    Examples:
      handcraft train photos/ --model birds.safetensors
      handcraft train photos/ --effort best
      handcraft train photos/ --minutes 5
      handcraft train photos/ --features hog+hue,sift-words --classifiers svm
    """  # noqa: D301
    from handcraft.pipeline.commands.train import train

    train(**request)
