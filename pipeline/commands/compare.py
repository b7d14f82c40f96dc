"""compare: feature sets and classifiers trained and tested on the same images."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from handcraft.data.bundled import sample_folder
from handcraft.data.listing.labelling import CLASS_FOLDERS, Labelling
from handcraft.pipeline.checks.quick import describe
from handcraft.pipeline.commands.course import gradcheck
from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.comparison import compare as compare_models
from handcraft.pipeline.experiment.stress import invariances
from handcraft.pipeline.experiment.stress import stress as stress_all
from handcraft.pipeline.experiment.training import check_names, recipes, train
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.report.run_folder import open_run_folder, write_run
from handcraft.pipeline.report.table import WIDE, comparison_table, stress_table
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import leaks, verdict
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import OUT


def compare(
    context: RunContext,
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
    loaded = load_dataset(folder, test, context, labelling, stretch)
    dataset, test_images = with_test_images(loaded, seed)
    click.echo(describe(dataset, class_weight, loaded))
    parameters: dict[str, Any] = {} if class_weight is None else {"class_weight": class_weight}
    if verbose:
        gradcheck()
    names = [*classifiers, *(BASELINES if baselines else ())]
    to_train = recipes(features, names, seed, context, **parameters)
    models = (train(recipe, dataset, seed, context) for recipe in to_train)
    comparison = compare_models(models, test_images, context, is_bundled_sample, dataset.training)
    OUT.print(comparison_table(comparison, OUT.width))
    for sentence in [*verdict(comparison), *leaks(comparison)]:
        click.echo(sentence)
    stresses = stress_all(comparison.evaluations, test_images, context) if stress else []
    if stresses and OUT.width >= WIDE:
        OUT.print(stress_table(stresses))
    for sentence in invariances(stresses):
        click.echo(sentence)
    settings = {"features": features, "classifiers": names, "seed": seed, **parameters}
    settings |= {"group_by": labelling.group_by, **asdict(context.decoding)}
    record = RunRecord.of(dataset, test, started, is_bundled_sample)
    record = replace(record, settings=settings)
    write_run(out, record, comparison, stresses, several=True)
