"""evaluate: accuracy of a trained model on the images of a folder."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.evaluation import evaluate as evaluate_on
from handcraft.pipeline.experiment.prediction import load_model, tell_other_colours
from handcraft.pipeline.images.colour import share_of_grey
from handcraft.pipeline.images.dataset import load_test
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.report.run_folder import open_run_folder, write_run
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import leaks
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import counted, interval, percent


def evaluate(
    context: RunContext,
    printer: Printer,
    model: Path,
    folder: Path,
    out: Path | None,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Measure the accuracy of a model on the images of a class-per-folder tree."""
    started = datetime.now(UTC)
    loaded = load_model(model, context)
    out = open_run_folder(out, folder, printer)
    context.progress.expect({"Extracting": 1, "Writing": 1})
    test = load_test(folder, loaded.class_names, context, labelling)
    tell_other_colours(loaded, share_of_grey(test.paths, context.decoding), context)
    parts, settings = {"test": test}, asdict(context.decoding)
    record = RunRecord(
        folder, None, loaded.class_names, parts, test.unreadable, started, settings=settings
    )
    evaluation = evaluate_on(loaded, test, context)
    summary = tell_evaluation(evaluation, record, out, context, printer)
    printer.document(summary | {"model": str(model)})


def tell_evaluation(
    evaluation: Evaluation,
    record: RunRecord,
    out: Path,
    context: RunContext,
    printer: Printer,
    *,
    how: str = "",
    learned: CheckedImages | None = None,
) -> dict[str, Any]:
    """Print the figures of a model, write the run's files to `out`, and return a summary.

    `how` describes, after their number, the test images; `learned` are the training images to
    diagnose, if any.
    """
    figures, images = evaluation.figures, counted(len(evaluation.images), "image")
    printer.say(
        f"Accuracy {percent(evaluation.accuracy)} of {images}{how} "
        f"({interval(*evaluation.interval)}), mean per class "
        f"{percent(evaluation.mean_per_class)} ({interval(*evaluation.mean_per_class_interval)})"
    )
    printer.say(
        f"Calibration: expected calibration error {percent(figures['ece'] or 0)}, log loss "
        f"{figures['log_loss']:.3f}, Brier score {figures['brier']:.3f}"
    )
    comparison = Comparison((evaluation,), training=record.parts.get("train"))
    for sentence in leaks(comparison):
        printer.say(sentence)
    return write_run(out, record, comparison, context, printer, learned=learned)
