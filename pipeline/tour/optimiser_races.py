"""Optimisers compared on one problem, drawn as curves in the tour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import linear_loss, softmax_loss
from handcraft.classifiers.optim.minimise import SCHEDULES, History, minimise
from handcraft.classifiers.optim.random_search import (
    Descent,
    gradient_descent,
    random_local_search,
    random_search,
)
from handcraft.classifiers.optim.update_rules import RULES
from handcraft.data.images import ImageFiles
from handcraft.features.raw import Raw
from handcraft.pipeline.images.intake import CheckedImages

Array = NDArray[np.float64]
Weights = NDArray[np.floating[Any]]

SIDE = 16
"""Of the thumbnails: pixels enough for 769 weights a class, few enough for many steps a second."""

REG = 1e-3
N_TRIES = 200
EPOCHS, BATCH_SIZE = 12, 64

RATE_FACTORS = (0.03, 0.3, 3.0, 30.0, 300.0)
"""Learning rates to show, as multiples of `Problem.safe_rate`."""

SCHEDULED_FACTOR = 30.0
"""The rate that every schedule starts from, likewise: too high to stay there."""

RACE_RATES = tuple(float(f"{a}e{b}") for b in range(-4, 0) for a in (1, 3))
"""Learning rates that each update rule may choose from."""

RACERS = tuple(name for name in RULES if name != "adamw")
"""AdamW decays the weights on its own, so it minimises another loss."""

STEEPNESS, N_VALLEY_STEPS = 50, 40
"""Of the toy valley, across against along; and the steps that each rule takes in it."""

VALLEY_RATES = tuple(np.geomspace(1e-3, 1, 61).tolist())


@dataclass(frozen=True, eq=False)
class Problem:
    """The softmax loss of a linear classifier on thumbnails: convex, with one lowest point.

    `X` and `X_test` are float64 (n_images, n_features), `y` and `y_test` their classes.
    """

    X: Array
    y: NDArray[np.intp]
    X_test: Array
    y_test: NDArray[np.intp]
    shape: tuple[int, int]

    @property
    def safe_rate(self) -> float:
        """The learning rate below which gradient descent cannot overshoot.

        That is 2 over the largest curvature. Of the softmax loss it is at most half the largest
        eigenvalue of X'X / n (Böhning, 1992).
        """
        largest = float(np.linalg.eigvalsh(self.X.T @ self.X)[-1]) / len(self.X)
        return 2 / (largest / 2 + REG)

    def loss_and_gradient(self, W: Weights) -> tuple[float, Weights]:
        """Return the loss over all training images, and its gradient."""
        return objective(W, self.X, self.y)

    def loss(self, W: Weights) -> float:
        """Return the loss over all training images."""
        return self.loss_and_gradient(W)[0]

    def accuracy(self, W: Weights) -> float:
        """Return the share of the test images that these weights classify correctly."""
        predicted = (self.X_test @ W[:-1] + W[-1]).argmax(axis=1)
        return float(np.mean(predicted == self.y_test))


def make_problem(
    training: CheckedImages, test: CheckedImages, n_classes: int, seed: int
) -> Problem:
    """Return the problem of classifying thumbnails of `SIDE` pixels."""
    raw = Raw(size=SIDE, seed=seed).fit(ImageFiles(training.paths))
    X, X_test = (
        raw.transform(ImageFiles(images.paths)).astype(np.float64) for images in (training, test)
    )
    return Problem(X, training.labels, X_test, test.labels, (X.shape[1] + 1, n_classes))


def objective(W: Weights, X: Array, y: NDArray[np.intp]) -> tuple[float, Weights]:
    """Return the softmax loss with its L2 penalty, and its gradient."""
    return linear_loss(softmax_loss, W, X, y, REG)


def searches(problem: Problem, seed: int) -> dict[str, Descent]:
    """Return the three ideas of CS231n, each with the same number of loss evaluations."""
    rng = np.random.default_rng(seed)
    start = np.zeros(problem.shape)
    return {
        "random search": random_search(problem.loss, problem.shape, N_TRIES, rng, 0.01),
        "random local search": random_local_search(problem.loss, start, N_TRIES, 0.005, rng),
        "gradient descent": gradient_descent(
            problem.loss_and_gradient, start, N_TRIES, problem.safe_rate
        ),
    }


class Run(NamedTuple):
    """Training with one learning rate."""

    rate: float
    history: History

    @property
    def final_loss(self) -> float:
        """The loss in the last epoch; infinite if training diverged."""
        return np.inf if self.history.diverged else self.history.training_loss[-1]


def run(problem: Problem, rule: str, rate: float, seed: int, schedule: str = "constant") -> Run:
    """Train from zero weights with mini-batches; `rate` is the learning rate at the first step."""
    n_steps = EPOCHS * -(-len(problem.X) // BATCH_SIZE)
    _, history = minimise(
        objective,
        np.zeros(problem.shape),
        (problem.X, problem.y),
        rule=RULES[rule](),
        schedule=SCHEDULES[schedule](rate, n_steps),
        epochs=EPOCHS,
        batch_size=BATCH_SIZE,
        rng=np.random.default_rng(seed),
    )
    return Run(rate, history)


def learning_rates(problem: Problem, seed: int) -> dict[str, Run]:
    """Return plain SGD at several learning rates, each named by how it compares with the best."""
    runs = [run(problem, "sgd", factor * problem.safe_rate, seed) for factor in RATE_FACTORS]
    best = min(runs, key=lambda run: run.final_loss)
    names = {-1: "too low", 0: "good", 1: "too high"}
    return {f"{names[int(np.sign(r.rate - best.rate))]}: {r.rate:.2g}": r for r in runs}


def schedules(problem: Problem, seed: int) -> dict[str, Run]:
    """Return plain SGD under every schedule, each from the same learning rate."""
    rate = SCHEDULED_FACTOR * problem.safe_rate
    return {name: run(problem, "sgd", rate, seed, name) for name in SCHEDULES}


def race(problem: Problem, seed: int, on_rule: Callable[[], None]) -> dict[str, Run]:
    """Return every update rule at the learning rate that serves it best; `on_rule` after each."""
    winners = {}
    for rule in RACERS:
        runs = (run(problem, rule, rate, seed) for rate in RACE_RATES)
        winners[rule] = min(runs, key=lambda run: run.final_loss)
        on_rule()
    return winners


def valley(w: Array) -> tuple[float, Array]:
    """Return the height and the slope of a valley, `STEEPNESS` times as steep across as along.

    >>> valley(np.array([1.0, 1.0]))
    (25.5, array([ 1., 50.]))
    """
    curvature = np.array([1.0, STEEPNESS])
    return float(curvature @ w**2) / 2, curvature * w


def valley_paths() -> dict[str, Array]:
    """Return each update rule's lowest path down `valley`: (N_VALLEY_STEPS + 1, 2)."""
    return {
        name: min(
            (valley_path(name, rate) for rate in VALLEY_RATES), key=lambda path: valley(path[-1])[0]
        )
        for name in RACERS
    }


def valley_path(name: str, rate: float) -> Array:
    """Return the places of an update rule at one learning rate: (N_VALLEY_STEPS + 1, 2)."""
    rule, w = RULES[name](), np.array([-2.0, 0.4])
    state, path = rule.init(w), [w]
    for _ in range(N_VALLEY_STEPS):
        step, state = rule.update(valley(w)[1], state, w, rate)
        w = w + step
        path.append(w)
    return np.array(path)
