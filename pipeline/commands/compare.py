"""compare: feature sets and classifiers trained and tested on the same images."""

from __future__ import annotations

from pathlib import Path

import click

from handcraft.data.bundled import sample_folder
from handcraft.pipeline.commands.course import gradcheck
from handcraft.pipeline.commands.run_folder import open_run_folder, write_run
from handcraft.pipeline.commands.terminal import OUT, check_names, describe
from handcraft.pipeline.experiment import experiment
from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.stress import blind_spots
from handcraft.pipeline.experiment.stress import stress as stress_rows
from handcraft.pipeline.images.dataset import hold_out, load_dataset
from handcraft.pipeline.report.table import comparison_table, stress_table
from handcraft.pipeline.report.verdict import verdict
from handcraft.pipeline.run.context import RunContext


def compare(
    context: RunContext,
    folder: Path | None,
    features: list[str],
    classifiers: list[str],
    baselines: bool,
    test: Path | None,
    out: Path | None,
    stress: bool,
    verbose: bool,
    seed: int,
) -> None:
    """Compare feature sets on a folder of images, the bundled sample by default."""
    check_names(features, classifiers)
    folder = folder or sample_folder(context.cache)
    out = open_run_folder(out, folder)
    dataset, test_images = load_dataset(folder, test, context)
    if test_images is None:
        dataset, test_images = hold_out(dataset, seed)
    click.echo(describe(dataset, test_images))
    if verbose:
        gradcheck()
    names = [*classifiers, *(BASELINES if baselines else ())]
    recipes = experiment.recipes(features, names, seed)
    models = (experiment.train(recipe, dataset, seed, context) for recipe in recipes)
    comparison = experiment.compare(models, test_images, context)
    OUT.print(comparison_table(comparison.rows))
    for sentence in verdict(comparison.rows):
        click.echo(sentence)
    stresses = stress_rows(comparison.rows, test_images, context) if stress else []
    if stresses:
        OUT.print(stress_table(stresses))
    for sentence in blind_spots(stresses):
        click.echo(sentence)
    write_run(out, comparison, stresses, several=True)
