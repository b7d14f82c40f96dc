"""The walkthrough of CS231n: its ideas tried on a folder of images, on one page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from threadpoolctl import threadpool_limits

from handcraft.classifiers.backprop.gradient_check import LossCheck, check_losses
from handcraft.classifiers.losses import LOSSES, l2
from handcraft.classifiers.network import TwoLayerNetwork
from handcraft.classifiers.optim.random_search import Descent
from handcraft.data.bundled import sample_folder
from handcraft.data.decode import read_image
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.experiment.comparison import Comparison, compare
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.stress import Stress, invariances, stress
from handcraft.pipeline.experiment.training import recipes, train
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.dataset import Dataset, load_dataset, with_test_images
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.plots.templates import class_templates
from handcraft.pipeline.report.page import write_page
from handcraft.pipeline.results.verdict import findings, verdict
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.text import p_value, points
from handcraft.pipeline.tour import plots as tour_plots
from handcraft.pipeline.tour.hard_cases import hard_cases
from handcraft.pipeline.tour.nearest_chapter import Nearest, nearest_neighbours
from handcraft.pipeline.tour.optimiser_races import (
    N_VALLEY_STEPS,
    RACERS,
    STEEPNESS,
    Problem,
    Run,
    learning_rates,
    make_problem,
    race,
    schedules,
    searches,
    valley_paths,
)
from handcraft.pipeline.tour.thumbnails import class_strip, spread, thumbnail
from handcraft.pipeline.tour.worked_examples import DOUBLED, FOUR_PIXELS, LOSSES_BY_HAND, circuits

FEATURES, CLASSIFIERS = ["raw", "hog+hue"], ["svm", "softmax"]

N_EXAMPLES = 3
"""Images whose features are drawn."""

SHOWN = ("negative", "greyscale", "blurred", "shifted")
"""The perturbations on the page."""

N_CANDIDATES = 60
"""Images from which the one that is shown perturbed is chosen."""

N_HIDDEN = 100
"""Of the network on images: enough to show what it gains, few enough to train in seconds."""


def write_tour(folder: Path, context: RunContext, seed: int, images: Path | None = None) -> Path:
    """Write tour.html to `folder` and return its path.

    Parameters
    ----------
    folder
        Exists.
    context
        The cache, the number of workers and the progress reporter.
    seed
        Of everything random. The same seed gives the same page.
    images
        A class-per-folder tree to compute the numbers on; None: the bundled sample.
    """
    loaded = load_dataset(images or context.write_to_cache(sample_folder), None, context)
    dataset, test = with_test_images(loaded, seed)
    to_train = recipes(FEATURES, CLASSIFIERS, seed, context)
    models = (train(recipe, dataset, seed, context) for recipe in to_train)
    comparison = compare(models, test, context, is_bundled_sample=images is None)
    nearest = nearest_neighbours(comparison.evaluations[0].model, dataset, test, seed, context)
    races = _races(dataset, test, seed, context)
    softmax = [row for row in comparison.evaluations if row.classifier == "softmax"]
    stresses = stress(softmax, test, context, SHOWN)
    colourful = _most_colourful(test)
    shown = read_image(test.paths[colourful])
    gains = [
        f"{f.evaluation.features} against raw pixels, both with {f.evaluation.classifier}: "
        f"{points(f.gain)} ({p_value(f.p_value)})."
        for f in findings(comparison.evaluations)
    ]
    with plot_style():
        figures = _figures(nearest, races, comparison, test, stresses)
        figures["hard_cases"] = tour_plots.hard_case_maps(hard_cases(seed))
    return write_page(
        folder / "tour.html",
        "tour/tour.html.j2",
        class_names=dataset.class_names,
        n_training=len(dataset.training),
        n_test=len(test),
        is_sample=images is None,
        seed=seed,
        class_strips=[class_strip(dataset, i) for i in range(len(dataset.class_names))],
        nearest=nearest,
        templates=class_templates(comparison.evaluations),
        **_about_losses(test, len(dataset.class_names)),
        **_about_descent(races),
        four_pixels=FOUR_PIXELS,
        circuits=circuits(),
        rows=comparison.evaluations,
        verdict=[verdict(comparison)[0], *gains],
        perturbed={"as it is": shown} | {name: PERTURBATIONS[name](shown) for name in SHOWN},
        perturbed_class=dataset.class_names[test.labels[colourful]],
        invariances=invariances(stresses),
        n_hidden=N_HIDDEN,
        networks=_networks(softmax, dataset, test, seed, context),
        figures=figures,
    )


def _about_losses(test: CheckedImages, n_classes: int) -> dict[str, Any]:
    """Return what the page says of losses."""
    return {
        "losses": LOSSES_BY_HAND,
        "doubled": DOUBLED,
        "penalties": [l2(w)[0] for w in (np.array([1.0, 0, 0, 0]), np.full(4, 0.25))],
        "checks": _by_loss(check_losses()),
        "at_zero": _losses_at_zero(test, n_classes),
        "log_n_classes": math.log(n_classes),
    }


def _about_descent(races: Races) -> dict[str, Any]:
    """Return what the page says of optimisation."""
    return {
        "races": races,
        "ranking": sorted(races.rules, key=lambda name: races.rules[name].final_loss),
        "best_schedule": min(races.schedules, key=lambda name: races.schedules[name].final_loss),
        "steepness": STEEPNESS,
        "n_valley_steps": N_VALLEY_STEPS,
    }


def _losses_at_zero(test: CheckedImages, n_classes: int) -> dict[str, float]:
    """Return the losses of the test images while all weights are zero."""
    scores = np.zeros((len(test), n_classes))
    return {name: LOSSES[name](scores, test.labels, None)[0] for name in ("hinge", "softmax")}


def _by_loss(checks: Sequence[LossCheck]) -> dict[str, dict[str, LossCheck]]:
    """Arrange the checks as a table: loss by regulariser."""
    table: dict[str, dict[str, LossCheck]] = {name: {} for name in LOSSES}
    for check in checks:
        table[check.loss][check.regulariser] = check
    return table


def _most_colourful(test: CheckedImages) -> int:
    """Return the index of an image of many colours, on which every perturbation shows."""

    def variety(i: int) -> float:
        """Return how much the colours of an image vary about grey."""
        picture = thumbnail(test.paths[i]).astype(float)
        colour = picture - picture.mean(axis=2, keepdims=True)
        return float(colour.std(axis=(0, 1)).sum())

    candidates: list[int] = spread(len(test), N_CANDIDATES).tolist()
    return max(candidates, key=variety)


def _networks(
    rows: Sequence[Evaluation],
    dataset: Dataset,
    test: CheckedImages,
    seed: int,
    context: RunContext,
) -> dict[str, tuple[float, float]]:
    """Return test accuracies by feature set: of its row, and of a network on the same features."""
    accuracy = {}
    with context.progress.stage("Training networks", len(rows)) as bar:
        for row in rows:
            extractor, start = row.model.extractor, TwoLayerNetwork().settings.start
            X, X_test = (compute_rows(extractor, i, context).rows for i in (dataset.training, test))
            network = TwoLayerNetwork(
                n_hidden=N_HIDDEN, whitening=start.whitening, reg=start.reg, seed=seed
            ).fit(X, dataset.training.labels)
            accuracy[row.features] = (row.accuracy, network.score(X_test, test.labels))
            bar.advance(1)
    return accuracy


class Races(NamedTuple):
    """Optimisers on one problem: see `handcraft.pipeline.tour.optimiser_races`."""

    problem: Problem
    searches: dict[str, Descent]
    learning_rates: dict[str, Run]
    schedules: dict[str, Run]
    rules: dict[str, Run]


def _races(dataset: Dataset, test: CheckedImages, seed: int, context: RunContext) -> Races:
    problem = make_problem(dataset.training, test, len(dataset.class_names), seed)
    # The products are too small to be shared: two threads wait for each other most of the time.
    one_thread = threadpool_limits(1, user_api="blas")
    with one_thread, context.progress.stage("Training with each optimiser", len(RACERS) + 3) as bar:
        found = searches(problem, seed)
        bar.advance(1)
        rates = learning_rates(problem, seed)
        bar.advance(1)
        falling = schedules(problem, seed)
        bar.advance(1)
        rules = race(problem, seed, on_rule=lambda: bar.advance(1))
    return Races(problem, found, rates, falling, rules)


def _figures(
    nearest: Nearest,
    races: Races,
    comparison: Comparison,
    test: CheckedImages,
    stresses: Sequence[Stress],
) -> dict[str, Figure | list[Figure]]:
    """Return the page's plots by name."""
    chance = 1 / races.problem.shape[1]
    examples = [read_image(test.paths[i]) for i in spread(len(test), N_EXAMPLES)]
    return {
        "nearest": tour_plots.neighbour_accuracy(nearest.k_grid, nearest.accuracy, chance),
        "searches": tour_plots.search_curves(races.searches),
        "learning_rates": tour_plots.learning_rate_curves(races.learning_rates),
        "schedules": tour_plots.schedule_curves(races.schedules),
        "rules": tour_plots.race_curves(races.rules),
        "valley": tour_plots.valley_map(valley_paths()),
        "features": [tour_plots.feature_pictures(image) for image in examples],
        "bars": plots.accuracy_bars(comparison.evaluations, comparison.selected),
        "stress": plots.stress_panels(stresses),
    }
