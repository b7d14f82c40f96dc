"""check: problems of a folder of images, before anything is trained on it."""

from __future__ import annotations

from pathlib import Path

import click

from handcraft.data.errors import RequestError
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.checks.doctor import examine
from handcraft.pipeline.checks.findings import Severity
from handcraft.pipeline.checks.label_suspects import label_suspects
from handcraft.pipeline.checks.page import write_check_page
from handcraft.pipeline.checks.results import describe_briefly, headline, summary, write_json
from handcraft.pipeline.checks.set_aside import bring_back, check_destination, set_aside
from handcraft.pipeline.checks.survey import survey
from handcraft.pipeline.report.run_folder import open_run_folder
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import counted

PAGE = "check.html"


def check(
    context: RunContext,
    printer: Printer,
    folder: Path | None,
    test: Path | None,
    out: Path | None,
    labels_too: bool,
    move_to: Path | None,
    undo: Path | None,
    strict: bool,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Examine a folder, write the findings, and move files aside if requested."""
    if undo is not None:
        printer.say(f"{counted(bring_back(undo), 'file')} moved back")
        return
    if folder is None:
        raise RequestError("check: no folder to check; name one, or a list with --undo")
    folders = [folder] if test is None else [folder, test]
    if move_to is not None:
        check_destination(folders, move_to)
    out = open_run_folder(out, folder, printer, PAGE)
    doubts = {"Fitting": 1, "Extracting": 1, "Looking": 1} if labels_too else {}
    context.progress.expect({"Judging": 1, "Writing": 1, **doubts})
    images = survey(folder, test, context, labelling)
    suspects = label_suspects(images, context) if labels_too else []
    with context.progress.stage("Judging what was read", 1):
        examination = examine(images, suspects)
    printer.say(headline(examination), style="bold")
    printer.show(summary(examination))
    with context.progress.stage("Writing the report", 1):
        write_json(out / "check.json", examination)
        page = write_check_page(out / PAGE, folder, examination, context.decoding)
    printer.name("Report", page)
    if move_to is not None:
        record = set_aside(examination.findings, folders, move_to)
        printer.name("Moved", record, " (--undo moves everything back)")
    printer.document(describe_briefly(examination) | {"out": str(out)})
    if strict and any(f.severity == Severity.ERROR for f in examination.findings):
        raise click.exceptions.Exit(1)
