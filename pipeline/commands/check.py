"""check: what is wrong with a folder of images, before anything is trained on it."""

from __future__ import annotations

from pathlib import Path

import click

from handcraft.data.errors import RequestError
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.checks.doctor import examine
from handcraft.pipeline.checks.findings import Severity
from handcraft.pipeline.checks.label_suspects import label_suspects
from handcraft.pipeline.checks.page import write_check_page
from handcraft.pipeline.checks.results import headline, summary, write_json
from handcraft.pipeline.checks.set_aside import bring_back, set_aside
from handcraft.pipeline.checks.survey import survey
from handcraft.pipeline.report.run_folder import open_run_folder
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import OUT
from handcraft.pipeline.run.text import counted, printable


def check(
    context: RunContext,
    folder: Path | None,
    test: Path | None,
    out: Path | None,
    labels_too: bool,
    move_to: Path | None,
    undo: Path | None,
    strict: bool,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Examine a folder, write what is found, and set aside what is asked to be."""
    if undo is not None:
        click.echo(f"{counted(bring_back(undo), 'file')} moved back")
        return
    if folder is None:
        raise RequestError("check: no folder to look at; name one, or a list with --undo")
    out = open_run_folder(out, folder)
    images = survey(folder, test, context, labelling)
    examination = examine(images, label_suspects(images, context) if labels_too else [])
    OUT.print(headline(examination), style="bold", markup=False, highlight=False)
    OUT.print(summary(examination))
    write_json(out / "check.json", examination)
    page = write_check_page(out / "check.html", folder, examination, context.decoding)
    click.echo(f"Report: {printable(str(page))}")
    if move_to is not None:
        folders = [folder] if test is None else [folder, test]
        record = set_aside(examination.findings, folders, move_to)
        click.echo(f"Moved: {printable(str(record))} (--undo moves everything back)")
    if strict and any(f.severity == Severity.ERROR for f in examination.findings):
        raise click.exceptions.Exit(1)
