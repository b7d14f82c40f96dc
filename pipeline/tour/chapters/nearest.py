"""Chapter "Ask the nearest neighbour": distances of pixels, neighbours that vote, and how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.distances import METRICS, l2_distances
from handcraft.classifiers.nearest import NearestNeighbor, vote
from handcraft.data.decode import Image
from handcraft.features.base import Rows
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.run.text import percent
from handcraft.pipeline.tour import plots
from handcraft.pipeline.tour.frames import Frame, regions
from handcraft.pipeline.tour.hard_cases import CASES
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.thumbnails import thumbnail

N_QUERIES, N_NEIGHBOURS = 6, 5

SHOWN_KS = (1, 3, 5, 9, 15, 31, 75, 151)
N_POINTS, N_TEST_POINTS, SIDE = 300, 2_000, 100
WRONG_LABELS = 0.1
"""The share of the points in the plane that have the other label: what a larger k is there for."""


class Picture(NamedTuple):
    """An image, its class, and whether that is the class of the query."""

    thumbnail: Image
    class_name: str
    right: bool


@dataclass(frozen=True)
class Nearest:
    """How nearest neighbours classify the test images.

    `accuracy` has a value for each of the `k_grid`, by distance; `queries` are test images, each
    followed by its nearest training images.
    """

    k_grid: tuple[int, ...]
    accuracy: dict[str, list[float]]
    chosen: NearestNeighbor
    chosen_accuracy: float
    queries: list[list[Picture]]


def content(material: Material) -> dict[str, Any]:
    """Return neighbours of some test images, accuracies by k, and what k does in the plane."""
    nearest = nearest_neighbours(material)
    chance = 1 / len(material.class_names)
    with plot_style():
        accuracy = plots.neighbour_accuracy(nearest.k_grid, nearest.accuracy, chance)
        planes = planes_by_k(material.seed)
    return {
        "nearest": nearest,
        "nearest_figure": accuracy,
        "planes": planes,
        "distances_code": source_of(l2_distances),
    }


def planes_by_k(seed: int) -> list[Frame]:
    """Return how nearest neighbours divide the plane, some labels wrong, for several k."""
    rng = np.random.default_rng(seed)
    points, test = (rng.uniform(-1, 1, (n, 2)) for n in (N_POINTS, N_TEST_POINTS))
    wrong = rng.random(N_POINTS) < WRONG_LABELS
    labels = CASES["islands"](points) ^ wrong
    side = np.linspace(-1, 1, SIDE)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    frames = []
    for k in SHOWN_KS:
        classifier = NearestNeighbor(k=k, metric="l2").fit(points, labels)
        accuracy = percent(classifier.score(test, CASES["islands"](test)))
        text = f"k = {k}: {accuracy} of new points are classified correctly."
        predicted = classifier.predict(grid).reshape(SIDE, SIDE)
        frames.append(Frame(str(k), text, regions(points, labels, predicted)))
    return frames


def nearest_neighbours(material: Material) -> Nearest:
    """Find the nearest neighbours of the test images by their raw pixels."""
    dataset, test, context = material.dataset, material.test, material.context
    training = dataset.training
    rows = material.rows(material.comparison.evaluations[0].model.extractor)
    X, X_test = (part[:] for part in rows)
    k_grid, accuracy = NearestNeighbor.K_GRID, {}
    with context.progress.stage("Finding nearest neighbours", len(METRICS), "distances") as bar:
        for metric in METRICS:
            distances, order = _neighbours(metric, X, X_test)
            scores = [
                vote(training.labels[order[:, :k]], distances[:, :k], len(dataset.class_names))
                for k in k_grid
            ]
            accuracy[metric] = np.mean(np.argmax(scores, axis=2) == test.labels, axis=1).tolist()
            bar.advance(1)
        chosen = NearestNeighbor(seed=material.seed).fit(X, training.labels)
    queries = [
        [_picture(test, i, dataset, test.labels[i])]
        + [_picture(training, j, dataset, test.labels[i]) for j in order[i, :N_NEIGHBOURS]]
        for i in evenly_spread(len(test), N_QUERIES)
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
    return Picture(thumbnail(images.paths[i]), dataset.class_names[label], bool(label == wanted))
