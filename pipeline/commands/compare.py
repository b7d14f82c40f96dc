"""compare: feature sets and classifiers trained and tested on the same images."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.data.bundled import sample_folder
from handcraft.data.errors import RequestError
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.checks.quick import describe, quick_findings
from handcraft.pipeline.diagnosis.diagnosis import STEPS
from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.comparison import (
    Comparison,
    compare_on_splits,
    steps_of_comparison,
)
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.stress import Stress, invariances
from handcraft.pipeline.experiment.stress import stress as stress_all
from handcraft.pipeline.experiment.training import Recipe, check_names, recipes, train
from handcraft.pipeline.images.dataset import Dataset, Splitting, load_dataset, random_splits
from handcraft.pipeline.report.run_folder import open_run_folder, write_run
from handcraft.pipeline.report.table import WIDE, comparison_table, loss_check_table, stress_table
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import leaks, verdict
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import counted


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
    splitting: Splitting,
    out: Path | None,
    stress: bool,
    diagnosis: bool,
    verbose: bool,
    seed: int,
    labelling: Labelling = CLASS_FOLDERS,
) -> None:
    """Compare feature sets on a folder of images, the bundled sample by default."""
    check_names(features, classifiers)
    _check_one_split(splitting, stress, test)
    started, is_bundled_sample = datetime.now(UTC), folder is None
    folder = folder or context.write_to_cache(sample_folder)
    out = open_run_folder(out, folder, printer)
    parameters: dict[str, Any] = {} if class_weight is None else {"class_weight": class_weight}
    names = [*classifiers, *(BASELINES if baselines else ())]
    to_train = recipes(features, names, seed, context, **parameters)
    steps = steps_of_comparison(splitting.n_splits * len(to_train), stress * len(PERTURBATIONS))
    context.progress.expect({**steps, "Writing": 1, **(STEPS if diagnosis else {})})
    loaded = load_dataset(folder, test, context, labelling, stretch)
    if verbose:
        printer.show(loss_check_table(check_losses()))
    loaded = _without_unused(loaded, splitting, printer)
    splits = random_splits(loaded, splitting, seed)
    dataset = loaded if len(splits) > 1 else splits[0][0]
    found = quick_findings(loaded, context.decoding, class_weight)  # before any are held out
    printer.say(describe(dataset, found))
    train_all = functools.partial(_train_all, to_train, seed, context)
    comparison = compare_on_splits(train_all, splits, context, is_bundled_sample)
    stresses = stress_all(comparison.evaluations, comparison.test, context) if stress else []
    _tell(comparison, stresses, printer)
    settings = {"features": features, "classifiers": names, "seed": seed, **parameters}
    settings |= {"group_by": labelling.group_by, **asdict(splitting), **asdict(context.decoding)}
    record = RunRecord.of(dataset, test, started, settings, found, is_bundled_sample)
    more: Any = {"learned": dataset.training if diagnosis else None, "stresses": stresses}
    printer.document(write_run(out, record, comparison, context, printer, several=True, **more))


def _check_one_split(splitting: Splitting, stress: bool, test: Path | None) -> None:
    """Refuse options that apply to one split only along with several splits."""
    if splitting.n_splits > 1 and (stress or test):
        other = "--stress" if stress else "--test"
        raise RequestError(f"{other} is for one split; leave it out, or --folds and --repeats")


def _train_all(
    to_train: Sequence[Recipe], seed: int, context: RunContext, dataset: Dataset
) -> Iterator[Model]:
    return (train(recipe, dataset, seed, context) for recipe in to_train)


def _without_unused(dataset: Dataset, splitting: Splitting, printer: Printer) -> Dataset:
    """Return the training images for several splits; report that the folder has test images."""
    if splitting.n_splits == 1:
        return dataset
    if dataset.test is not None:
        n_left_out = counted(len(dataset.test), "test image")
        printer.say(f"Not used: {n_left_out}; random splits are of the training images")
    return replace(dataset, test=None)


def _tell(comparison: Comparison, stresses: Sequence[Stress], printer: Printer) -> None:
    """Print the results of a comparison: a table, and the verdict in words."""
    printer.show(comparison_table(comparison, printer.width))
    for sentence in [*verdict(comparison), *leaks(comparison)]:
        printer.say(sentence)
    if stresses and printer.width >= WIDE:
        printer.show(stress_table(stresses))
    for sentence in invariances(stresses):
        printer.say(sentence)
