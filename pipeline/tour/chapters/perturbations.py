"""Chapter "What they cannot see": the models on perturbed images."""

from __future__ import annotations

from typing import Any

from handcraft.data.decode import read_image
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.experiment.stress import invariances, stress
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.thumbnails import thumbnail

SHOWN = ("negative", "greyscale", "blurred", "shifted")
"""The perturbations on the page."""

N_CANDIDATES = 60
"""Images from which the one that is shown perturbed is chosen."""


def content(material: Material) -> dict[str, Any]:
    """Return one image perturbed in every way, and what that costs each feature set."""
    test = material.test
    colourful = _most_colourful(test)
    shown = read_image(test.paths[colourful])
    stresses = stress(material.softmax, test, material.context, SHOWN)
    with plot_style():
        panels = plots.stress_panels(stresses)
    return {
        "perturbed": {"as it is": shown} | {name: PERTURBATIONS[name](shown) for name in SHOWN},
        "perturbed_class": material.class_names[test.labels[colourful]],
        "invariances": invariances(stresses),
        "stress_panels": panels,
        "shift_code": source_of(PERTURBATIONS["shifted"]),
    }


def _most_colourful(test: CheckedImages) -> int:
    """Return the index of an image of many colours, on which every perturbation shows."""

    def variety(i: int) -> float:
        """Return how much the colours of an image vary about grey."""
        picture = thumbnail(test.paths[i]).astype(float)
        colour = picture - picture.mean(axis=2, keepdims=True)
        return float(colour.std(axis=(0, 1)).sum())

    candidates: list[int] = evenly_spread(len(test), N_CANDIDATES).tolist()
    return max(candidates, key=variety)
