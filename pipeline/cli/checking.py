"""The command that looks at a folder before anything is trained on it: check."""

from __future__ import annotations

from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command


@click.command(cls=Command)
@click.argument("folder", type=options.location, required=False)
@options.test
@options.labelling
@options.out
@click.option(
    "--labels-too", is_flag=True, help="Also look for doubtful labels, by training a model."
)
@click.option("--move-to", type=options.PATH, help="Move the files with errors and warnings here.")
@click.option(
    "--undo", type=options.PATH, metavar="LIST", help="Move the files listed in moved.csv back."
)
@click.option("--strict", is_flag=True, help="Exit with code 1 if an error is found.")
@options.run_context
@options.printer
def check(**request: Any) -> None:
    """Look for broken files, copies, leaks and shortcuts in FOLDER.

    Findings are written to check.json and, with pictures, to check.html. Nothing is changed unless
    --move-to is given: then the files with errors and warnings are moved, and listed in moved.csv.

    \b
    Examples:
      handcraft check photos/ --test photos-test/
      handcraft check photos/ --move-to doubtful/
      handcraft check --undo doubtful/moved.csv
    """  # noqa: D301
    from handcraft.pipeline.commands.check import check

    check(**request)
