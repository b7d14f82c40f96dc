"""Classifiers: from feature vectors to classes, written from scratch on numpy."""

from __future__ import annotations

from handcraft.classifiers.base import Classifier, State
from handcraft.classifiers.linear import LinearSVM, Softmax
from handcraft.classifiers.nearest import NearestNeighbor
from handcraft.classifiers.network import TwoLayerNetwork

__all__ = [
    "CLASSIFIERS",
    "Classifier",
    "LinearSVM",
    "NearestNeighbor",
    "Softmax",
    "TwoLayerNetwork",
    "classifier_from_state",
]

CLASSIFIERS: dict[str, type[Classifier]] = {
    LinearSVM.name: LinearSVM,
    Softmax.name: Softmax,
    NearestNeighbor.name: NearestNeighbor,
    TwoLayerNetwork.name: TwoLayerNetwork,
}
"""Classifiers by the word that selects them."""


def classifier_from_state(state: State) -> Classifier:
    """Rebuild a fitted classifier from its plain data.

    Raises
    ------
    KeyError
        If the state names no classifier of `CLASSIFIERS`.
    """
    return CLASSIFIERS[state["name"]].from_state(state)
