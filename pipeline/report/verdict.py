"""The comparison in words: what engineered features gain over raw pixels, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handcraft.pipeline.experiment.evaluation import Row
from handcraft.pipeline.experiment.statistics import holm, mcnemar_exact

BASE = "raw"
SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Finding:
    """One feature set against raw pixels under the same classifier.

    `gain` is in points of test accuracy; `p_value` is McNemar's exact one, adjusted by Holm's
    method for the number of feature sets compared.
    """

    row: Row
    base: Row
    gain: float
    p_value: float

    @property
    def is_distinguishable(self) -> bool:
        """Whether the difference is larger than chance explains."""
        return self.p_value < SIGNIFICANCE

    def __str__(self) -> str:
        """Say it in a sentence."""
        names = f"{self.row.features} with {self.row.classifier}"
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        if not self.is_distinguishable:
            return f"{names} is not distinguishable from raw pixels ({self.gain:+.1f} points, {p})."
        verb = "beats" if self.gain > 0 else "is worse than"
        return (
            f"{names} {verb} raw pixels by {abs(self.gain):.1f} points "
            f"({self.row.accuracy:.1%} against {self.base.accuracy:.1%}, {p})."
        )


def findings(rows: Sequence[Row]) -> list[Finding]:
    """Compare each row with raw pixels under the same classifier; none without a raw row."""
    bases = {row.classifier: row for row in rows if row.features == BASE}
    pairs = [
        (row, bases[row.classifier])
        for row in rows
        if row.features != BASE and row.classifier in bases
    ]
    p_values = holm([mcnemar_exact(row.correct, base.correct).p_value for row, base in pairs])
    return [
        Finding(row, base, 100 * (row.accuracy - base.accuracy), p_value)
        for (row, base), p_value in zip(pairs, p_values, strict=True)
    ]


def verdict(rows: Sequence[Row]) -> list[str]:
    """Return the verdict as sentences, the headline first."""
    best = max(rows, key=lambda row: row.accuracy)
    low, high = best.interval
    lines = [
        f"Best: {best.features} with {best.classifier}, {best.accuracy:.1%} of "
        f"{len(best.labels):,} test images (95 % interval {low:.1%} to {high:.1%})."
    ]
    compared = sorted(findings(rows), key=lambda finding: -finding.gain)
    if not compared:
        lines.append("Add raw to --features to see what the others gain over raw pixels.")
    return lines + [str(finding) for finding in compared]
