"""Chapter "What no line can separate": hard cases, and a network of two layers."""

from __future__ import annotations

from typing import Any

from handcraft.classifiers.network import TwoLayerNetwork, network_loss
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour import plots
from handcraft.pipeline.tour.hard_cases import hard_cases
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of

N_HIDDEN = 100
"""Of the network on images: enough to show what it gains, few enough to train in seconds."""


def content(material: Material) -> dict[str, Any]:
    """Return the hard cases, and the accuracy of networks on our images."""
    with plot_style():
        maps = plots.hard_case_maps(hard_cases(material.seed))
    return {
        "n_hidden": N_HIDDEN,
        "networks": networks(material),
        "hard_case_maps": maps,
        "network_code": source_of(network_loss),
    }


def networks(material: Material) -> dict[str, tuple[float, float]]:
    """Return test accuracies by feature set: of softmax, and of a network on the same features."""
    accuracy, start = {}, TwoLayerNetwork().settings.start
    labels, progress = material.dataset.training.labels, material.context.progress
    with progress.stage("Training networks", len(material.softmax), "networks") as bar:
        for row in material.softmax:
            X, X_test = material.rows(row.model.extractor)
            network = TwoLayerNetwork(
                n_hidden=N_HIDDEN, whitening=start.whitening, reg=start.reg, seed=material.seed
            ).fit(X, labels)
            accuracy[row.features] = (row.accuracy, network.score(X_test, material.test.labels))
            bar.advance(1)
    return accuracy
