"""What a feature set is blind to: trained models on changed test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.experiment.evaluation import Row, evaluate
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext

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


def stress(
    rows: Sequence[Row],
    images: CheckedImages,
    context: RunContext,
    changes: Sequence[str] = tuple(PERTURBATIONS),
) -> list[Stress]:
    """Evaluate the models of `rows` on `images` after each of the `changes`."""
    return [
        Stress(
            row,
            {change: evaluate(row.model, images, context, change) for change in changes},
        )
        for row in rows
    ]


def blind_spots(stresses: Sequence[Stress]) -> list[str]:
    """Say of each feature set what it is blind to, and what costs it most.

    The losses are means over the classifiers.
    """
    specs = dict.fromkeys(stress.row.features for stress in stresses)
    return [_blind_spots(spec, [s for s in stresses if s.row.features == spec]) for spec in specs]


def _blind_spots(spec: str, stresses: Sequence[Stress]) -> str:
    losses = {
        change: sum(stress.loss(change) for stress in stresses) / len(stresses)
        for change in stresses[0].changed
    }
    blind = [change for change, loss in losses.items() if loss < BLIND_POINTS]
    *others, last = blind or ["no change"]
    names = f"{', '.join(others)} or {last}" if others else last
    unmoved = f"hardly notices images that are {names}" if blind else "notices every change"
    worst = max(losses, key=lambda change: losses[change])
    if worst in blind:
        return f"{spec} {unmoved}; none costs it {BLIND_POINTS:g} points."
    return f"{spec} {unmoved}; {worst} ones cost it most, {losses[worst]:.1f} points."
