"""Chapter "What to look at": HOG and hue of some images."""

from __future__ import annotations

from typing import Any

from handcraft.data.decode import read_image
from handcraft.features import cells
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.tour import plots
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of

N_EXAMPLES = 3
"""Images whose features are drawn."""


def content(material: Material) -> dict[str, Any]:
    """Return drawings of features, and the length of a row of them."""
    shown = evenly_spread(len(material.test), N_EXAMPLES)
    names = [material.class_names[material.test.labels[i]] for i in shown]
    with plot_style():
        figures = [plots.feature_pictures(read_image(material.test.paths[i])) for i in shown]
    [engineered] = [row for row in material.softmax if row.features == "hog+hue"]
    return {
        "feature_figures": list(zip(names, figures, strict=True)),
        "n_engineered": engineered.n_features,
        "hog_code": source_of(cells.cell_histograms),
    }
