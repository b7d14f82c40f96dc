"""The output folder of a run: created before the work, filled at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcraft.pipeline.diagnosis.diagnosis import diagnose
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.stress import Stress
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.report.report import REPORT, write_report
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.writing import summary, write_predictions, write_results
from handcraft.pipeline.run.command_line import command_line
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import free_name, open_folder
from handcraft.pipeline.run.terminal import Printer

SHOWN = 12
"""Digits of a fingerprint to print, enough to distinguish runs; results.json has all 32."""


def open_run_folder(out: Path | None, folder: Path, printer: Printer, page: str = REPORT) -> Path:
    """Create `out`, or by default a new folder for each run on `folder`.

    A `page` of an earlier run in `out`, which this one will replace, is reported.
    """
    name = f"{folder.resolve().name}-{datetime.now():%Y%m%d-%H%M%S}"
    out = open_folder(out or free_name(Path("runs") / name), "--out")
    if (out / page).exists():
        printer.name("To be replaced by the new report", out / page)
    return out


def write_run(
    out: Path,
    record: RunRecord,
    comparison: Comparison,
    context: RunContext,
    printer: Printer,
    *,
    learned: CheckedImages | None = None,
    stresses: Sequence[Stress] = (),
    several: bool = False,
) -> dict[str, Any]:
    """Write results.json, predictions.csv and report.html; print the paths, and return a summary.

    The measurements are written before the diagnosis, so that they survive an interruption of it.

    Parameters
    ----------
    learned
        The training images of the selected model, for the diagnosis, if requested.
    stresses
        Results on perturbed images, if requested.
    several
        Whether predictions.csv has columns for the model, as there may be several.
    """
    record = replace(record, command=command_line())
    write_results(out, record, comparison, stresses=stresses)
    write_predictions(out, comparison, several)
    diagnosis = diagnose(comparison.selected, learned, context) if learned else None
    with context.progress.stage("Writing the report", 1):
        stages = tuple(context.progress.stages)
        record = replace(record, stages=stages, ended=datetime.now(UTC))
        results = write_results(out, record, comparison, diagnosis, stresses)
        report = write_report(out, record, comparison, diagnosis, stresses)
    fingerprints = record.fingerprints(comparison.selected.model)
    told = [f"{what} {value[:SHOWN]}" for what, value in fingerprints.items() if value]
    printer.say(f"Fingerprints: {', '.join(told)}")
    printer.name("Report", report)
    return summary(results) | {"out": str(out)}
