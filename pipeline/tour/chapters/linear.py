"""Chapter "A score for every class": a linear classifier by hand, and the templates it learns."""

from __future__ import annotations

from typing import Any

from handcraft.classifiers.linear import LinearClassifier
from handcraft.pipeline.plots.templates import class_templates
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of
from handcraft.pipeline.tour.worked_examples import FOUR_PIXELS


def content(material: Material) -> dict[str, Any]:
    """Return the example of four pixels and the weights on raw pixels as pictures."""
    return {
        "four_pixels": FOUR_PIXELS,
        "templates": class_templates(material.comparison.evaluations),
        "scores_code": source_of(LinearClassifier._scores),
    }
