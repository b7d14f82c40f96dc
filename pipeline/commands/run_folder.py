"""The folder that a run leaves: made before the work, filled at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from handcraft.data.decode import DecodeError
from handcraft.pipeline.commands.outputs import open_folder
from handcraft.pipeline.experiment.experiment import Comparison
from handcraft.pipeline.experiment.stress import Stress
from handcraft.pipeline.report.page import write_report
from handcraft.pipeline.report.results import write_predictions, write_results


def open_run_folder(out: Path | None, folder: Path) -> Path:
    """Make `out`, or a folder of its own for each run on `folder`, so that none is overwritten."""
    name = f"{folder.resolve().name}-{datetime.now():%Y%m%d-%H%M%S}"
    return open_folder(out or Path("runs") / name, "--out")


def write_run(
    out: Path,
    comparison: Comparison,
    stresses: Sequence[Stress],
    unreadable: Sequence[DecodeError],
    several: bool,
) -> None:
    """Write results.json, predictions.csv and report.html, and say where."""
    write_results(out, comparison, stresses, unreadable)
    write_predictions(out, comparison, several)
    click.echo(f"Report: {write_report(out, comparison, stresses)}")
