"""Chapter "Raw pixels against features": three feature sets under one classifier."""

from __future__ import annotations

from typing import Any

from handcraft.pipeline.experiment.statistics import mcnemar_exact
from handcraft.pipeline.plots import comparison as plots
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.results.verdict import findings, verdict
from handcraft.pipeline.run.text import p_value, points
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of


def content(material: Material) -> dict[str, Any]:
    """Return the comparison in words and as bars."""
    comparison = material.comparison
    gains = [
        f"{f.evaluation.features} against raw pixels, both with {f.evaluation.classifier}: "
        f"{points(f.gain)} ({p_value(f.p_value)})."
        for f in findings(comparison.evaluations)
    ]
    with plot_style():
        bars = plots.accuracy_bars(comparison.evaluations, comparison.selected)
    return {
        "verdict": [verdict(comparison)[0], *gains],
        "bars": bars,
        "mcnemar_code": source_of(mcnemar_exact),
    }
