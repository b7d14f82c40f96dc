"""Chapter "Examples instead of rules": what the images are."""

from __future__ import annotations

from typing import Any

from handcraft.pipeline.tour.material import Material
from handcraft.pipeline.tour.thumbnails import class_strip


def content(material: Material) -> dict[str, Any]:
    """Return a strip of training images for each class."""
    strips = [class_strip(material.dataset, i) for i in range(len(material.class_names))]
    return {"class_strips": strips}
