"""Chapter "Words made of patches": a vocabulary of visual words, and where one image has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from handcraft.data.decode import Image, read_image
from handcraft.features.words.configurations import PatchWords
from handcraft.features.words.triangle import TriangleSums
from handcraft.pipeline.pages.thumbnails import evenly_spread
from handcraft.pipeline.plots.style import plot_style
from handcraft.pipeline.plots.words import draw_words, word_values
from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.source_code import source_of

N_EXAMPLES = 4
"""Images whose words are drawn."""


def content(material: Material) -> dict[str, Any]:
    """Return the words as patches of colour, and the length of a row."""
    [row] = [row for row in material.softmax if row.features == PatchWords.kind]
    extractor: Any = row.model.extractor
    return {
        "words": word_patches(extractor),
        "word_maps": _word_maps(material, extractor),
        "patch_side": extractor.describe.side,
        "n_pools": len(extractor.pool.pools),
        "n_word_values": row.n_features,
        "triangle_code": [source_of(TriangleSums.__init__), source_of(TriangleSums._codes)],
    }


def _word_maps(material: Material, extractor: PatchWords) -> tuple[list[str], Figure]:
    """Draw some test images, and below each the words at its places; return their classes too."""
    chosen = evenly_spread(len(material.test), N_EXAMPLES)
    with plot_style():
        figure = Figure(figsize=(8, 4), layout="constrained")
        panels = figure.subplots(2, len(chosen), squeeze=False).T
        for (above, below), i in zip(panels, chosen, strict=True):
            image = read_image(material.test.paths[i])
            above.imshow(image)
            draw_words(below, image, extractor)
            above.set_axis_off()
            below.set_axis_off()
    return [material.class_names[material.test.labels[i]] for i in chosen], figure


def word_patches(extractor: PatchWords) -> list[Image]:
    """Return the patch that each word stands for: uint8 (side, side, 3), contrast stretched."""
    values = word_values(extractor)
    side = extractor.describe.side  # type: ignore[attr-defined]  # it describes patches
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    stretched = 255 * (values - low) / np.maximum(high - low, 1e-9)
    patches: list[Image] = list(np.rint(stretched).astype(np.uint8).reshape(-1, side, side, 3))
    return patches
