"""The examples that CS231n works out by hand: an image of four pixels, losses, and circuits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from handcraft.classifiers.backprop.expression import parse
from handcraft.classifiers.losses import hinge_loss, softmax_loss
from handcraft.pipeline.tour.circuit import draw_circuit

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LinearExample:
    """A linear classifier on an image of four pixels: scores = W x + b, before b too."""

    names: tuple[str, ...]
    W: Array
    x: Array
    b: Array

    @property
    def products(self) -> Array:
        """W x, one number for each class."""
        product: Array = self.W @ self.x
        return product

    @property
    def scores(self) -> Array:
        """W x + b."""
        return self.products + self.b


FOUR_PIXELS = LinearExample(
    names=("cat", "dog", "ship"),
    W=np.array([[0.2, -0.5, 0.1, 2.0], [1.5, 1.3, 2.1, 0.0], [0.0, 0.25, 0.2, -0.3]]),
    x=np.array([56.0, 231.0, 24.0, 2.0]),
    b=np.array([1.1, 3.2, -1.2]),
)
"""From the notes on linear classification. Their figure gives the ship 61.95, without its bias."""


@dataclass(frozen=True)
class LossExample:
    """Images, one of each class, and the losses of their scores (images, classes)."""

    names: tuple[str, ...]
    scores: Array

    @property
    def hinge(self) -> list[float]:
        """The multiclass hinge loss of each image."""
        return [hinge_loss(row[None], np.array([i]))[0] for i, row in enumerate(self.scores)]

    @property
    def softmax(self) -> list[float]:
        """The softmax loss of each image."""
        return [softmax_loss(row[None], np.array([i]))[0] for i, row in enumerate(self.scores)]

    @property
    def exponentials(self) -> Array:
        """The exponential of each score."""
        exponentials: Array = np.exp(self.scores)
        return exponentials

    @property
    def probabilities(self) -> Array:
        """The softmax of each image's scores."""
        probabilities: Array = self.exponentials / self.exponentials.sum(axis=1, keepdims=True)
        return probabilities

    def terms(self, i: int) -> list[tuple[float, float]]:
        """Return the pairs of a wrong class's score and the right one's for image i."""
        return [(score, self.scores[i, i]) for j, score in enumerate(self.scores[i]) if j != i]


LOSSES_BY_HAND = LossExample(
    ("cat", "car", "frog"), np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
)
DOUBLED = LossExample(LOSSES_BY_HAND.names, 2 * LOSSES_BY_HAND.scores)


class Circuit(NamedTuple):
    """An expression, its value, its gradients by input, and its drawing."""

    expression: str
    values: dict[str, float]
    output: float
    gradients: dict[str, float]
    drawing: Markup


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
    "patterns": ("(x*y + max(z, w)) * 2", {"x": 3, "y": -4, "z": 2, "w": -1}),
}
"""From the notes on backpropagation, at the values given there."""


def circuits() -> dict[str, Circuit]:
    """Return the circuits by name, computed forward and backward."""
    return {name: _circuit(*circuit) for name, circuit in CIRCUITS.items()}


def _circuit(expression: str, values: dict[str, float]) -> Circuit:
    output, inputs = parse(expression, values)
    output.backward()
    gradients = {name: float(value.gradient) for name, value in inputs.items()}
    return Circuit(expression, values, float(output.data), gradients, Markup(draw_circuit(output)))
