"""train: the features and the classifier selected by validation, as a model file."""

from __future__ import annotations

import functools
import shlex
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.checks.quick import describe, quick_findings
from handcraft.pipeline.commands.evaluate import tell_evaluation
from handcraft.pipeline.diagnosis.diagnosis import STEPS
from handcraft.pipeline.experiment.estimate import Estimate, train_and_estimate
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.selection import AUTO, steps_of_selection, train_selected
from handcraft.pipeline.experiment.training import check_names
from handcraft.pipeline.forecast.budget import Budget, check_budget, tell_forecast
from handcraft.pipeline.forecast.forecast import Request
from handcraft.pipeline.images.dataset import Dataset, load_dataset
from handcraft.pipeline.report.run_folder import open_run_folder
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.outputs import check_file, free_name
from handcraft.pipeline.run.state_file import is_state_file
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import counted, printable


def train(
    context: RunContext,
    printer: Printer,
    folder: Path,
    features: list[str],
    classifiers: list[str],
    class_weight: str | None,
    stretch: bool,
    effort: str | None,
    minutes: float | None,
    test: Path | None,
    model: Path | None,
    out: Path | None,
    force: bool,
    diagnosis: bool,
    seed: int,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Write the model selected by validation, trained on all images, and report its accuracy.

    With `features` `AUTO` alone they are chosen automatically, by `effort` or within `minutes`.
    """
    started = datetime.now(UTC)
    _check_request(features, classifiers, effort, minutes)
    path = _model_file(folder, model, force, printer)
    dataset = load_dataset(folder, test, context, labelling, stretch)
    found = quick_findings(dataset, context.decoding, class_weight)
    printer.say(describe(dataset, found))
    parameters: dict[str, Any] = {} if class_weight is None else {"class_weight": class_weight}
    request = Request(features, classifiers, parameters, diagnosis, seed)
    budget = Budget(effort, minutes, started)
    effort = tell_forecast(dataset, request, budget, context, printer)
    out = open_run_folder(out, folder, printer)
    train_on = functools.partial(
        train_selected, features, classifiers, effort, seed=seed, context=context, **parameters
    )
    steps = functools.partial(steps_of_selection, features, classifiers, effort)
    context.progress.expect({"Writing": 1, **(STEPS if diagnosis else {})})
    estimate = train_and_estimate(train_on, dataset, seed, context, steps)
    estimate.model.save(path)
    settings = {"features": features, "classifiers": classifiers, "effort": effort, "seed": seed}
    settings |= {"group_by": labelling.group_by, **parameters, **asdict(context.decoding)}
    record = RunRecord.of(dataset, test, started, settings, found)
    record = replace(record, parts=estimate.parts, model=estimate.model)
    evaluation, how = estimate.evaluation, _part_played(dataset, estimate)
    learned = (estimate.training or dataset.training) if diagnosis else None
    summary = tell_evaluation(evaluation, record, out, context, printer, how=how, learned=learned)
    _tell_model(estimate.model, path, summary, printer)


def _check_request(
    features: list[str], classifiers: list[str], effort: str | None, minutes: float | None
) -> None:
    check_names([] if features == [AUTO] else features, classifiers)
    check_budget(minutes, effort, features)


def _model_file(folder: Path, model: Path | None, force: bool, printer: Printer) -> Path:
    """Return the path of the model, and report a file that will be replaced."""
    path = model or free_name(Path(f"{folder.resolve().name}.safetensors"))
    check_file(path, "--model", is_state_file, force)
    if path.exists():
        printer.name("To be replaced by the new model", path)
    return path


def _part_played(dataset: Dataset, estimate: Estimate) -> str:
    """Describe the test images."""
    if dataset.test is not None:
        return ""
    if estimate.training is None:
        return ", each by a model that did not see its fold"
    return " not used in any choice"


def _tell_model(model: Model, path: Path, summary: dict[str, Any], printer: Printer) -> None:
    """Say what was written, and what to type next; print the summary for programs."""
    name, training = printable(str(path)), model.training
    size = f"{path.stat().st_size / 1e6:.2f} MB"
    images = counted(training.n_images, "image")
    parts = f"{training.features} with {training.classifier}"
    printer.name("Model", path, f" ({size}): {parts}, of {images}")
    printer.say(f"Next: handcraft predict {shlex.quote(name)} IMAGE...")
    printer.document(summary | {"model": str(path)})
