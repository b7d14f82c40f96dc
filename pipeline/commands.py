"""What each command does, from the request to the files that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click
import numpy as np
from rich.console import Console

from handcraft.classifiers import CLASSIFIERS
from handcraft.classifiers.backprop.expression import parse, read_values
from handcraft.classifiers.backprop.gradient_check import check_losses
from handcraft.data.bundled import sample_folder
from handcraft.data.errors import RequestError
from handcraft.data.folder import ImageSet, list_images
from handcraft.features import make_extractor
from handcraft.pipeline.experiment import evaluation, experiment
from handcraft.pipeline.experiment.automatic import choose_recipe
from handcraft.pipeline.experiment.baseline import BASELINES
from handcraft.pipeline.experiment.experiment import Comparison
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.stress import Stress, blind_spots
from handcraft.pipeline.experiment.stress import stress as stress_rows
from handcraft.pipeline.images.dataset import Dataset, hold_out, load_dataset, load_test
from handcraft.pipeline.images.intake import CheckedImages, check_images
from handcraft.pipeline.report.page import write_report
from handcraft.pipeline.report.results import (
    format_score,
    make_out_folder,
    score_columns,
    write_csv,
    write_predictions,
    write_results,
)
from handcraft.pipeline.report.table import comparison_table, loss_check_table, stress_table
from handcraft.pipeline.report.verdict import verdict
from handcraft.pipeline.run.context import RunContext, default_cache
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.run.state_file import atomic_path
from handcraft.pipeline.tour.circuit import draw_circuit
from handcraft.pipeline.tour.node_table import node_table
from handcraft.pipeline.tour.walkthrough import write_tour

AUTO = "auto"
"""The name that stands for features and a classifier chosen by themselves."""

OUT = Console()
"""Where tables go. Results go to the standard output, progress to the standard error."""


def open_context(n_jobs: int, cache: Path | None) -> RunContext:
    """Return the cache, the number of workers and the progress reporter (on stderr)."""
    return RunContext(cache or default_cache(), n_jobs, Progress(Console(stderr=True)))


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
    _check_names(features, classifiers)
    folder = folder or sample_folder(context.cache)
    out = make_out_folder(out or _default_out(folder))
    dataset, test_images = load_dataset(folder, test, context)
    if test_images is None:
        dataset, test_images = hold_out(dataset, seed)
    click.echo(_describe(dataset, test_images))
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
    _write(out, comparison, stresses, several=True)


def train(
    context: RunContext,
    folder: Path,
    features: list[str],
    classifiers: list[str],
    effort: str,
    test: Path | None,
    model: Path | None,
    out: Path | None,
    seed: int,
) -> None:
    """Train every feature set with every classifier; keep the best on the validation split.

    `features` may be just `AUTO`: then the features and the classifier are chosen here.
    """
    automatic = features == [AUTO]
    _check_names([] if automatic else features, classifiers)
    path = model or Path(f"{folder.resolve().name}.safetensors")
    make_out_folder(path.parent)
    dataset, test_images = load_dataset(folder, test, context)
    click.echo(_describe(dataset, test_images))
    if automatic:
        recipes = [choose_recipe(dataset, classifiers, effort, seed, context)]
    else:
        recipes = experiment.recipes(features, classifiers, seed)
    models = (experiment.train(recipe, dataset, seed, context) for recipe in recipes)
    trained = experiment.best_on_validation(models)
    trained.save(path)
    click.echo(f"Kept: {trained.training}")
    click.echo(f"Model: {path} ({path.stat().st_size / 1e6:.2f} MB)")
    if test_images is not None:
        _evaluate(trained, test_images, make_out_folder(out or _default_out(folder)), context)


def evaluate(context: RunContext, model: Path, folder: Path, out: Path | None) -> None:
    """Classify the images of a class-per-folder tree and count what is right."""
    loaded = Model.load(model)
    out = make_out_folder(out or _default_out(folder))
    _evaluate(loaded, load_test(folder, loaded.class_names, context), out, context)


def _evaluate(model: Model, test: CheckedImages, out: Path, context: RunContext) -> None:
    row = evaluation.evaluate(model, test, context)
    low, high = row.interval
    click.echo(
        f"Accuracy {row.accuracy:.2%} on {len(test):,} images (95 % interval {low:.2%} to "
        f"{high:.2%}), mean per class {row.mean_per_class:.2%}"
    )
    _write(out, Comparison(test, (row,)), [], several=False)


def _write(out: Path, comparison: Comparison, stresses: list[Stress], several: bool) -> None:
    write_results(out, comparison, stresses)
    write_predictions(out, comparison, several)
    click.echo(f"Report: {write_report(out, comparison, stresses)}")


def predict(
    context: RunContext, model: Path, paths: tuple[Path, ...], csv_path: Path | None
) -> None:
    """Print path, class and score of each image that decodes."""
    loaded = Model.load(model)
    found = list_images(paths)
    images = check_images(ImageSet(found, np.zeros(len(found), np.intp)), context)
    scores, _ = evaluation.classify(loaded, images, context)
    predicted = [loaded.class_names[i] for i in scores.argmax(axis=1)]
    for path, name, best in zip(images.paths, predicted, scores.max(axis=1), strict=True):
        click.echo(f"{path}\t{name}\t{format_score(best)}")
    if csv_path is not None:
        lines = (
            [str(path), name, *map(format_score, of_classes)]
            for path, name, of_classes in zip(images.paths, predicted, scores, strict=True)
        )
        write_csv(csv_path, ["path", "predicted", *score_columns(loaded.class_names)], lines)


def tour(context: RunContext, out: Path, seed: int) -> None:
    """Write the page that tells the lecture with numbers of the bundled sample."""
    click.echo(f"Tour: {write_tour(make_out_folder(out), context, seed)}")


def gradcheck() -> None:
    """Print every loss and regulariser at W = 0 and their gradients against differences."""
    OUT.print(loss_check_table(check_losses()))


def graph(expression: str, assignments: Sequence[str], svg: Path) -> None:
    """Print the values and gradients of an expression, and draw its circuit."""
    try:
        output, _ = parse(expression, read_values(assignments))
        with np.errstate(all="raise", under="ignore"):
            output.backward()
    except FloatingPointError as error:
        raise RequestError(f"{expression}: no finite gradient at these values ({error})") from error
    except ValueError as error:
        raise RequestError(str(error)) from error
    click.echo(node_table(output))
    make_out_folder(svg.parent)
    with atomic_path(svg) as partial:
        partial.write_text(draw_circuit(output), encoding="utf-8")
    click.echo(f"Drawing: {svg}")


def _check_names(features: Sequence[str], classifiers: Sequence[str]) -> None:
    """Refuse names that do not exist before any work is done."""
    for spec in features:
        try:
            make_extractor(spec)
        except ValueError as error:
            raise RequestError(f"--features {spec}: {error}") from error
    for name in classifiers:
        if name not in CLASSIFIERS:
            raise RequestError(
                f"--classifiers {name}: no such classifier; choose from {', '.join(CLASSIFIERS)}"
            )


def _default_out(folder: Path) -> Path:
    """Return a folder of its own for each run, so that none overwrites another."""
    return Path("runs") / f"{folder.resolve().name}-{datetime.now():%Y%m%d-%H%M%S}"


def _describe(dataset: Dataset, test: CheckedImages | None) -> str:
    n_test = f" and {len(test):,} test" if test is not None else ""
    return f"{len(dataset.class_names)} classes, {len(dataset.training):,} training{n_test} images"
