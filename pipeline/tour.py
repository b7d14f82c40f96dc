"""The tour: the lecture's ideas tried on a folder of images, told on one page with live numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from matplotlib.figure import Figure
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from classifiers.expression import parse
from classifiers.gradient_check import LossCheck, check_losses
from classifiers.losses import LOSSES, hinge_loss, l2, softmax_loss
from classifiers.nearest import METRICS, NearestNeighbor, vote
from classifiers.random_search import Descent
from data.bundled import sample_folder
from data.decode import Image, read_image
from features.base import Rows
from features.resize import resize
from pipeline import experiment
from pipeline.dataset import Dataset, hold_out, load_dataset
from pipeline.experiment import Comparison
from pipeline.extract import compute_rows
from pipeline.intake import CheckedImages
from pipeline.model import Model
from pipeline.races import (
    N_VALLEY_STEPS,
    RACERS,
    STEEPNESS,
    Problem,
    Run,
    learning_rates,
    make_problem,
    race,
    searches,
    valley_paths,
)
from pipeline.report import plots, tour_plots
from pipeline.report.circuit import draw_circuit
from pipeline.report.page import write_page
from pipeline.report.templates import class_templates
from pipeline.report.verdict import verdict
from pipeline.workshop import Workshop

FEATURES, CLASSIFIERS = ["raw", "hog+hue"], ["svm", "softmax"]

TILE, N_TILES = 48, 8
"""Pixels and number of the images shown of a class."""

N_QUERIES, N_NEIGHBOURS, N_EXAMPLES = 6, 5, 3

EXAMPLE_NAMES = ("cat", "car", "frog")
EXAMPLE_SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
"""The lecture's three images (rows) and their scores for the three classes."""

CIRCUITS: dict[str, tuple[str, dict[str, float]]] = {
    "product": ("(x + y) * z", {"x": -2, "y": 5, "z": -4}),
    "neuron": (
        "1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
        {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
    ),
    "gate": (
        "sigmoid(w0*x0 + w1*x1 + w2)",
        {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
    ),
}
"""The lecture's circuits, at the lecture's values."""


def write_tour(folder: Path, workshop: Workshop, seed: int, images: Path | None = None) -> Path:
    """Write tour.html to `folder` and return its path.

    Parameters
    ----------
    folder
        Exists.
    workshop
        The cache, the workers, and who watches.
    seed
        Of everything random. The same seed gives the same page.
    images
        A class-per-folder tree to tell the tour with; None: the bundled sample.
    """
    dataset, given = load_dataset(images or sample_folder(workshop.cache), None, workshop)
    dataset, test = hold_out(dataset, seed) if given is None else (dataset, given)
    recipes = experiment.recipes(FEATURES, CLASSIFIERS, seed)
    models = (experiment.train(recipe, dataset, seed, workshop) for recipe in recipes)
    comparison = experiment.compare(models, test, workshop)
    nearest = _nearest(comparison.rows[0].model, dataset, test, seed, workshop)
    races = _races(dataset, test, seed, workshop)
    return write_page(
        folder / "tour.html",
        "tour.html.j2",
        class_names=dataset.class_names,
        n_training=len(dataset.training),
        n_test=len(test),
        seed=seed,
        class_strips=[class_strip(dataset, i) for i in range(len(dataset.class_names))],
        nearest=nearest,
        templates=class_templates(comparison.rows),
        losses=_example_losses(),
        penalties=[l2(w)[0] for w in (np.array([1.0, 0, 0, 0]), np.full(4, 0.25))],
        checks=_by_loss(check_losses()),
        at_zero=_losses_at_zero(test, len(dataset.class_names)),
        log_n_classes=math.log(len(dataset.class_names)),
        races=races,
        ranking=sorted(races.rules, key=lambda rule: races.rules[rule].final_loss),
        steepness=STEEPNESS,
        n_valley_steps=N_VALLEY_STEPS,
        circuits={name: _circuit(*circuit) for name, circuit in CIRCUITS.items()},
        rows=comparison.rows,
        figures=_figures(nearest, races, comparison, test),
        verdict=verdict(comparison.rows),
    )


def class_strip(dataset: Dataset, label: int) -> Image:
    """Return up to `N_TILES` training images of a class, side by side."""
    of_class = np.flatnonzero(dataset.training.labels == label)
    chosen = of_class[_spread(len(of_class), N_TILES)]
    return np.concatenate([_tile(dataset.training.paths[i]) for i in chosen], axis=1)


def _spread(n: int, wanted: int) -> NDArray[np.intp]:
    """Return up to `wanted` of n indices, evenly spread."""
    return np.arange(min(n, wanted)) * n // min(n, wanted)


def _tile(path: Path) -> Image:
    return resize(read_image(path), TILE, TILE)


class Picture(NamedTuple):
    """A small image, its class, and whether that is the class that is looked for."""

    tile: Image
    class_name: str
    right: bool


@dataclass(frozen=True)
class Nearest:
    """What nearest neighbours made of the test images.

    `accuracy` has a value for each of the `k_grid`, by distance; `queries` are test images, each
    followed by its nearest training images.
    """

    k_grid: tuple[int, ...]
    accuracy: dict[str, list[float]]
    chosen: NearestNeighbor
    chosen_accuracy: float
    queries: list[list[Picture]]


def _nearest(
    model: Model, dataset: Dataset, test: CheckedImages, seed: int, workshop: Workshop
) -> Nearest:
    """Look for the nearest neighbours of the test images by the rows of a trained model."""
    training = dataset.training
    X, _ = compute_rows(model.extractor, training, workshop)
    X_test, _ = compute_rows(model.extractor, test, workshop)
    k_grid, accuracy = NearestNeighbor.K_GRID, {}
    with workshop.stages.stage("Looking for nearest neighbours", len(METRICS)) as bar:
        for metric in METRICS:
            distances, order = _neighbours(metric, X, X_test)
            scores = [
                vote(training.labels[order[:, :k]], distances[:, :k], len(dataset.class_names))
                for k in k_grid
            ]
            accuracy[metric] = np.mean(np.argmax(scores, axis=2) == test.labels, axis=1).tolist()
            bar.advance(1)
        tried = [NearestNeighbor(metric=m, seed=seed).fit(X, training.labels) for m in METRICS]
    chosen = max(tried, key=lambda classifier: classifier.validation_accuracy_ or 0)
    queries = [
        [_picture(test, i, dataset, test.labels[i])]
        + [_picture(training, j, dataset, test.labels[i]) for j in order[i, :N_NEIGHBOURS]]
        for i in _spread(len(test), N_QUERIES)
    ]
    return Nearest(k_grid, accuracy, chosen, chosen.score(X_test, test.labels), queries)


def _neighbours(metric: str, X: Rows, X_test: Rows) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return distances and indices of the nearest rows of X, as many as any k needs."""
    centre = X.mean(axis=0)
    distances = METRICS[metric](X_test - centre, X - centre)
    order = np.argsort(distances, axis=1, kind="stable")[:, : max(NearestNeighbor.K_GRID)]
    return np.take_along_axis(distances, order, axis=1).astype(np.float32), order


def _picture(images: CheckedImages, i: int, dataset: Dataset, wanted: int) -> Picture:
    label = images.labels[i]
    return Picture(_tile(images.paths[i]), dataset.class_names[label], bool(label == wanted))


@dataclass(frozen=True)
class Losses:
    """The lecture's example: scores (images, classes) and the losses of each image.

    `doubled` has the losses of the car with its scores doubled.
    """

    names: tuple[str, ...]
    scores: NDArray[np.float64]
    hinge: list[float]
    softmax: list[float]
    doubled: dict[str, float]

    def terms(self, i: int) -> list[tuple[float, float]]:
        """Return the pairs of a wrong class's score and the right one's for image i."""
        return [(score, self.scores[i, i]) for j, score in enumerate(self.scores[i]) if j != i]


def _example_losses() -> Losses:
    hinge, softmax = (
        [loss(EXAMPLE_SCORES[[i]], np.array([i]))[0] for i in range(len(EXAMPLE_SCORES))]
        for loss in (hinge_loss, softmax_loss)
    )
    car, doubled = np.array([1]), 2 * EXAMPLE_SCORES[[1]]
    of_doubled = {name: LOSSES[name](doubled, car, None)[0] for name in ("hinge", "softmax")}
    return Losses(EXAMPLE_NAMES, EXAMPLE_SCORES, hinge, softmax, of_doubled)


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


class Races(NamedTuple):
    """Ways down the loss of one problem: see `pipeline.races`."""

    problem: Problem
    searches: dict[str, Descent]
    learning_rates: dict[str, Run]
    rules: dict[str, Run]


def _races(dataset: Dataset, test: CheckedImages, seed: int, workshop: Workshop) -> Races:
    problem = make_problem(dataset.training, test, len(dataset.class_names), seed)
    # The products are too small to be shared: two threads wait for each other most of the time.
    one_thread = threadpool_limits(1, user_api="blas")
    with one_thread, workshop.stages.stage("Racing down the loss", len(RACERS) + 2) as bar:
        found = searches(problem, seed)
        bar.advance(1)
        rates = learning_rates(problem, seed)
        bar.advance(1)
        rules = race(problem, seed, on_rule=lambda: bar.advance(1))
    return Races(problem, found, rates, rules)


def _figures(
    nearest: Nearest, races: Races, comparison: Comparison, test: CheckedImages
) -> dict[str, Figure | list[Figure]]:
    """Return the page's plots by name."""
    chance = 1 / races.problem.shape[1]
    examples = [read_image(test.paths[i]) for i in _spread(len(test), N_EXAMPLES)]
    return {
        "nearest": tour_plots.neighbour_accuracy(nearest.k_grid, nearest.accuracy, chance),
        "searches": tour_plots.search_curves(races.searches),
        "learning_rates": tour_plots.learning_rate_curves(races.learning_rates),
        "rules": tour_plots.race_curves(races.rules),
        "valley": tour_plots.valley_map(valley_paths()),
        "features": [tour_plots.feature_pictures(image) for image in examples],
        "bars": plots.accuracy_bars(comparison.rows),
    }


class Circuit(NamedTuple):
    """An expression, its value, its gradients by input, and its drawing."""

    expression: str
    values: dict[str, float]
    output: float
    gradients: dict[str, float]
    drawing: Markup


def _circuit(expression: str, values: dict[str, float]) -> Circuit:
    output, inputs = parse(expression, values)
    output.backward()
    gradients = {name: float(value.gradient) for name, value in inputs.items()}
    return Circuit(expression, values, float(output.data), gradients, Markup(draw_circuit(output)))
