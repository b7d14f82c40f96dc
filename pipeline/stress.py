"""What a feature set is blind to: trained models on changed test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.changes import CHANGES
from pipeline.evaluation import Row, evaluate
from pipeline.intake import CheckedImages
from pipeline.workshop import Workshop

BLIND_POINTS = 2.0
"""A change that costs fewer points of accuracy than this is one that the features do not see."""


@dataclass(frozen=True)
class Stress:
    """A row of a comparison, and the same model on test images changed in each way."""

    row: Row
    changed: dict[str, Row]

    def loss(self, change: str) -> float:
        """Return the points of accuracy that a change costs; negative where it helps."""
        return 100 * (self.row.accuracy - self.changed[change].accuracy)

    def is_blind_to(self, change: str) -> bool:
        """Return whether a change costs next to nothing."""
        return self.loss(change) < BLIND_POINTS

    def __str__(self) -> str:
        """Say what the features are blind to, and what hurts them most."""
        blind = [change for change in self.changed if self.is_blind_to(change)]
        worst = max(self.changed, key=self.loss)
        names = f"{self.row.features} with {self.row.classifier}"
        unmoved = f"hardly notices: {', '.join(blind)}" if blind else "notices every change"
        return f"{names} {unmoved}; {worst} costs most ({self.loss(worst):.1f} points)."


def stress(rows: Sequence[Row], images: CheckedImages, workshop: Workshop) -> list[Stress]:
    """Evaluate the models of `rows` on `images` changed in each of the `CHANGES`."""
    return [
        Stress(
            row,
            {change: evaluate(row.model, images, workshop, change) for change in CHANGES},
        )
        for row in rows
    ]
