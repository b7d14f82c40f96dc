"""Nearest neighbours of the test images: the tour's second chapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.distances import METRICS
from handcraft.classifiers.nearest import NearestNeighbor, vote
from handcraft.data.decode import Image
from handcraft.features.base import Rows
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.tour.thumbnails import spread, thumbnail

N_QUERIES, N_NEIGHBOURS = 6, 5


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


def nearest_neighbours(
    model: Model, dataset: Dataset, test: CheckedImages, seed: int, context: RunContext
) -> Nearest:
    """Find the nearest neighbours of the test images in the features of a trained model."""
    training = dataset.training
    X = compute_rows(model.extractor, training, context).rows[:]
    X_test = compute_rows(model.extractor, test, context).rows[:]
    k_grid, accuracy = NearestNeighbor.K_GRID, {}
    with context.progress.stage("Finding nearest neighbours", len(METRICS)) as bar:
        for metric in METRICS:
            distances, order = _neighbours(metric, X, X_test)
            scores = [
                vote(training.labels[order[:, :k]], distances[:, :k], len(dataset.class_names))
                for k in k_grid
            ]
            accuracy[metric] = np.mean(np.argmax(scores, axis=2) == test.labels, axis=1).tolist()
            bar.advance(1)
        chosen = NearestNeighbor(seed=seed).fit(X, training.labels)
    queries = [
        [_picture(test, i, dataset, test.labels[i])]
        + [_picture(training, j, dataset, test.labels[i]) for j in order[i, :N_NEIGHBOURS]]
        for i in spread(len(test), N_QUERIES)
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
