"""Commands that show the ideas of CS231n at work: tour, gradcheck and graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from handcraft.pipeline.cli import options
from handcraft.pipeline.cli.group import Command


@click.command(cls=Command)
@click.option(
    "--out", type=options.PATH, default=Path("runs/tour"), show_default=True, help="Output folder."
)
@options.seed
@options.run_context
def tour(**request: Any) -> None:
    """Build an illustrated walkthrough of CS231n.

    All its numbers and pictures are computed on the bundled sample, which takes a few minutes.

    \b
    Example:
      handcraft tour --out runs/tour
    """  # noqa: D301
    from handcraft.pipeline.commands import course

    course.tour(**request)


@click.command(cls=Command)
def gradcheck() -> None:
    """Check the value and the gradient of every loss.

    With every regulariser: the value at W = 0 against the closed form, the gradient against
    numerical differences.

    \b
    Example:
      handcraft gradcheck
    """  # noqa: D301
    from handcraft.pipeline.commands import course

    course.gradcheck()


@click.command(cls=Command, context_settings={"ignore_unknown_options": True})
@click.argument("expression")
@click.argument("values", metavar="NAME=NUMBER...", nargs=-1)
@click.option(
    "--svg",
    type=options.PATH,
    default=Path("circuit.svg"),
    show_default=True,
    help="SVG file of the drawing.",
)
@options.force
@click.option(
    "--digits",
    type=click.IntRange(1, 15),
    default=2,
    show_default=True,
    help="Decimals of values and gradients.",
)
def graph(expression: str, values: tuple[str, ...], svg: Path, force: bool, digits: int) -> None:
    """Compute EXPRESSION and its gradients, and draw its circuit.

    Values are computed forward, gradients backward, for every node.

    \b
    Examples:
      handcraft graph "(x + y) * z" x=-2 y=5 z=-4
      handcraft graph "sigmoid(w0*x0 + w1*x1 + w2)" w0=2 x0=-1 w1=-3 x1=-2 w2=-3
    """  # noqa: D301
    from handcraft.pipeline.commands import course

    course.graph(expression, values, svg, digits, force)
