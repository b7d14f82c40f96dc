"""tour, gradcheck and graph: the ideas of CS231n in practice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from handcraft.classifiers.backprop.expression import parse, read_values
from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.data.errors import RequestError
from handcraft.pipeline.report.table import loss_check_table
from handcraft.pipeline.run.atomic import atomic_path
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import check_file, open_folder
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.tour.circuit import draw_circuit
from handcraft.pipeline.tour.node_table import node_table
from handcraft.pipeline.tour.walkthrough import write_tour

SVG_START = b'<svg xmlns="http://www.w3.org/2000/svg"'
"""Start of a drawing of a circuit."""


def tour(context: RunContext, out: Path, seed: int) -> None:
    """Write the walkthrough of CS231n with numbers computed on the bundled sample."""
    click.echo(f"Tour: {write_tour(open_folder(out, '--out'), context, seed)}")


def gradcheck() -> None:
    """Print every loss and regulariser at W = 0, and their gradient checks."""
    Printer().show(loss_check_table(check_losses()))


def graph(expression: str, assignments: Sequence[str], svg: Path, digits: int, force: bool) -> None:
    """Print the values and gradients of an expression, and draw its circuit."""
    check_file(svg, "--svg", lambda start: start.startswith(SVG_START), force)
    try:
        output, _ = parse(expression, read_values(assignments))
        with np.errstate(all="raise", under="ignore"):
            output.backward()
    except FloatingPointError as error:
        raise RequestError(f"{expression}: no finite gradient at these values ({error})") from error
    except ValueError as error:
        raise RequestError(str(error)) from error
    click.echo(node_table(output, digits=digits))
    with atomic_path(svg) as partial:
        partial.write_text(draw_circuit(output, digits=digits), encoding="utf-8")
    click.echo(f"Drawing: {svg}")
