"""compare: feature sets and classifiers trained and tested on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.data.bundled import sample_folder
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.checks.quick import describe
from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.comparison import Comparison, steps_of_comparison
from handcraft.pipeline.experiment.comparison import compare as compare_models
from handcraft.pipeline.experiment.stress import Stress, invariances
from handcraft.pipeline.experiment.stress import stress as stress_all
from handcraft.pipeline.experiment.training import check_names, recipes, train
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.report.run_folder import open_run_folder, write_run
from handcraft.pipeline.report.table import WIDE, comparison_table, loss_check_table, stress_table
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import leaks, verdict
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import Printer


def compare(
    context: RunContext,
    printer: Printer,
    folder: Path | None,
    features: list[str],
    classifiers: list[str],
    class_weight: str | None,
    stretch: bool,
    baselines: bool,
    test: Path | None,
    out: Path | None,
    stress: bool,
    verbose: bool,
    seed: int,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Compare feature sets on a folder of images, the bundled sample by default."""
    check_names(features, classifiers)
    started, is_bundled_sample = datetime.now(UTC), folder is None
    folder = folder or context.write_to_cache(sample_folder)
    out = open_run_folder(out, folder)
    parameters: dict[str, Any] = {} if class_weight is None else {"class_weight": class_weight}
    names = [*classifiers, *(BASELINES if baselines else ())]
    to_train = recipes(features, names, seed, context, **parameters)
    n_perturbations = len(PERTURBATIONS) if stress else 0
    steps = steps_of_comparison(len(to_train), n_perturbations)
    context.progress.expect({"Reading": 1, **steps, "Writing": 1})
    loaded = load_dataset(folder, test, context, labelling, stretch)
    dataset, test_images = with_test_images(loaded, seed)
    printer.say(describe(dataset, class_weight, loaded))
    if verbose:
        printer.show(loss_check_table(check_losses()))
    models = (train(recipe, dataset, seed, context) for recipe in to_train)
    comparison = compare_models(models, test_images, context, is_bundled_sample, dataset.training)
    stresses = stress_all(comparison.evaluations, test_images, context) if stress else []
    _tell(comparison, stresses, printer)
    settings = {"features": features, "classifiers": names, "seed": seed, **parameters}
    settings |= {"group_by": labelling.group_by, **asdict(context.decoding)}
    record = RunRecord.of(dataset, test, started, is_bundled_sample)
    record = replace(record, settings=settings)
    progress = context.progress
    printer.document(write_run(out, record, comparison, stresses, True, progress, printer))


def _tell(comparison: Comparison, stresses: Sequence[Stress], printer: Printer) -> None:
    """Print what came of a comparison: a table, and what it says in words."""
    printer.show(comparison_table(comparison, printer.width))
    for sentence in [*verdict(comparison), *leaks(comparison)]:
        printer.say(sentence)
    if stresses and printer.width >= WIDE:
        printer.show(stress_table(stresses))
    for sentence in invariances(stresses):
        printer.say(sentence)
