"""What a linear classifier on raw pixels looks for: its weights, shown as one picture per class."""

from __future__ import annotations

from collections.abc import Sequence

from data.decode import Image
from pipeline.evaluation import Row


def class_templates(rows: Sequence[Row]) -> dict[str, list[Image]]:
    """Return the pictures of the classes for each classifier on raw pixels."""
    return {}
