"""Classifiers: from feature vectors to classes, written from scratch on numpy."""

from __future__ import annotations

from handcraft.classifiers.base import Classifier
from handcraft.classifiers.linear import LinearSVM, Softmax
from handcraft.classifiers.nearest import NearestNeighbor
from handcraft.classifiers.network import TwoLayerNetwork
from handcraft.classifiers.numerics.registry import Registry
from handcraft.classifiers.numerics.state import State

__all__ = [
    "CLASSIFIERS",
    "Classifier",
    "LinearSVM",
    "NearestNeighbor",
    "Softmax",
    "TwoLayerNetwork",
    "classifier_from_state",
]

CLASSIFIERS: Registry[Classifier] = Registry(
    "handcraft.classifiers", [LinearSVM, Softmax, NearestNeighbor, TwoLayerNetwork]
)
"""Classifiers by the word that selects them.

Another distribution adds one by an entry point of the group ``handcraft.classifiers``; it is a
subclass of `Classifier`.
"""


def classifier_from_state(state: State) -> Classifier:
    """Rebuild a fitted classifier of any kind from its `to_state`.

    Raises
    ------
    ValueError
        If the state names no classifier of this installation, or is not whole; see
        `Classifier.from_state`.
    """
    kind = str(state.get("kind"))
    if kind not in CLASSIFIERS:
        raise ValueError(
            f"the state is of the classifier {kind!r}, which is not installed; there are "
            f"{', '.join(CLASSIFIERS)}"
        )
    return CLASSIFIERS[kind].from_state(state)
