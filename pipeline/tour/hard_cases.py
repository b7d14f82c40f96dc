"""Classes that no line separates: points in the plane, a linear classifier and a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.base import Classifier
from handcraft.classifiers.linear import Softmax
from handcraft.classifiers.network import TwoLayerNetwork

Points = NDArray[np.float64]
"""(n, 2), in the square from -1 to 1."""

N_TRAINING, N_TEST, GRID = 400, 4_000, 120

ISLANDS, ISLAND_RADIUS = np.array([[-0.5, -0.5], [0.6, -0.2], [-0.1, 0.6]]), 0.33
RING = (0.4, 0.85)


def _corners(points: Points) -> NDArray[np.bool_]:
    same_sign: NDArray[np.bool_] = points.prod(axis=1) > 0
    return same_sign


def _ring(points: Points) -> NDArray[np.bool_]:
    radius = np.linalg.norm(points, axis=1)
    inside: NDArray[np.bool_] = (RING[0] < radius) & (radius < RING[1])
    return inside


def _islands(points: Points) -> NDArray[np.bool_]:
    distances = np.linalg.norm(points[:, None] - ISLANDS, axis=2)
    inside: NDArray[np.bool_] = distances.min(axis=1) < ISLAND_RADIUS
    return inside


CASES: dict[str, Callable[[Points], NDArray[np.bool_]]] = {
    "opposite corners": _corners,
    "a ring": _ring,
    "islands": _islands,
}
"""The hard cases of CS231n by name: functions that return masks of the second class."""

GIVEN: dict[str, Any] = {"learning_rate": 0.3, "reg": 1e-4, "whitening": 1.0, "epochs": 500}
"""Settings suitable for all cases, so that no search is needed."""

N_HIDDEN = 50


class Fit(NamedTuple):
    """A classifier trained on a case.

    `accuracy` is that on new points; `regions` is bool (GRID, GRID): where it predicts the second
    class, rows from the bottom up.
    """

    accuracy: float
    regions: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HardCase:
    """Points of two classes, and two classifiers trained on them."""

    points: Points
    labels: NDArray[np.bool_]
    linear: Fit
    network: Fit


def hard_cases(seed: int) -> dict[str, HardCase]:
    """Return every case with its training points and both classifiers."""
    rng = np.random.default_rng(seed)
    points, test = (rng.uniform(-1, 1, (n, 2)) for n in (N_TRAINING, N_TEST))
    return {
        name: HardCase(
            points,
            case(points),
            linear=_fit(Softmax(seed=seed, **GIVEN), case, points, test),
            network=_fit(
                TwoLayerNetwork(n_hidden=N_HIDDEN, seed=seed, **GIVEN), case, points, test
            ),
        )
        for name, case in CASES.items()
    }


def _fit(
    classifier: Classifier,
    case: Callable[[Points], NDArray[np.bool_]],
    points: Points,
    test: Points,
) -> Fit:
    classifier.fit(points, case(points))
    side = np.linspace(-1, 1, GRID)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    regions = classifier.predict(grid).reshape(GRID, GRID)
    return Fit(classifier.score(test, case(test)), regions)
