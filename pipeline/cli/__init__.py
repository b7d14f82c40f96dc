"""The command line: what a user may ask for. The work is done by `handcraft.pipeline.commands`.

The libraries behind it take a second to import; each command imports what it needs when it is
called, so that ``--help`` answers at once.
"""

from __future__ import annotations

import click

from handcraft.pipeline.cli import checking, course, training, upkeep, using
from handcraft.pipeline.cli.group import CommandGroup


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
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


for command in (
    training.compare,
    training.train,
    checking.check,
    using.evaluate,
    using.predict,
    using.explain,
    using.serve,
    using.show,
    using.extract,
    upkeep.cache,
    course.tour,
    course.gradcheck,
    course.graph,
):
    main.add_command(command)
