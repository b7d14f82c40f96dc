"""The comparison in words: the selected model, and what engineered features gain over raw pixels.

The headline names the model that validation selected. Test images select nothing: the best of
several models on the test images is better on them than on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.statistics import (
    SIGNIFICANCE,
    Interval,
    holm,
    images_to_tell,
    mcnemar_exact,
    paired_difference,
)
from handcraft.pipeline.run.text import counted, interval, p_value, percent, points, printable

BASE = "raw"


@dataclass(frozen=True)
class Finding:
    """One feature set against raw pixels under the same classifier.

    `gain` is the difference in test accuracy, a share of the images, and `interval` its 95 %
    interval; `p_value` is McNemar's exact one, adjusted by Holm's method for all pairs of a feature
    set and a classifier compared. `n_to_tell` is how many test images it would take to find such a
    difference significant among them, see `images_to_tell`.
    """

    evaluation: Evaluation
    base: Evaluation
    gain: float
    interval: Interval
    p_value: float
    n_to_tell: int | None

    @property
    def is_significant(self) -> bool:
        """Whether the difference is larger than chance explains."""
        return self.p_value < SIGNIFICANCE

    def __str__(self) -> str:
        """Say it in a cell: difference in percentage points, and p."""
        return f"{100 * self.gain:+.1f} ({p_value(self.p_value)})"


def findings(evaluations: Sequence[Evaluation]) -> list[Finding]:
    """Compare each model with raw pixels under the same classifier; none without raw pixels."""
    bases = {e.classifier: e for e in evaluations if e.features == BASE}
    pairs = [
        (e, bases[e.classifier])
        for e in evaluations
        if e.features != BASE and e.classifier in bases
    ]
    tests = [mcnemar_exact(e.correct, base.correct) for e, base in pairs]
    p_values = holm([test.p_value for test in tests])
    return [
        Finding(
            e,
            base,
            e.accuracy - base.accuracy,
            paired_difference(e.correct, base.correct),
            p,
            images_to_tell(
                test.only_first, test.only_second, len(e.labels), SIGNIFICANCE / len(pairs)
            ),
        )
        for (e, base), test, p in zip(pairs, tests, p_values, strict=True)
    ]


def verdict(comparison: Comparison) -> list[str]:
    """Return the verdict as sentences, the headline first."""
    sentences = [_headline(comparison)]
    best = comparison.best_on_test
    if best.accuracy > comparison.selected.accuracy:
        sentences.append(
            f"On these test images {_name(best)} is more accurate, {percent(best.accuracy)}: a "
            "description of them, as test images select nothing."
        )
    found = findings(comparison.evaluations)
    return [*sentences, _against_raw(comparison.evaluations, found), *_more_images(found)]


def _headline(comparison: Comparison) -> str:
    selected = comparison.selected
    if len(comparison.evaluations) == 1:
        how = ""
    elif selected.model.training.validation_accuracy is None:
        how = "First named, as there are too few images to validate: "
    else:
        how = "Selected on validation: "
    test = counted(len(selected.labels), "test image")
    return (
        f"{how}{_name(selected)} classifies {percent(selected.accuracy)} of {test} correctly "
        f"({interval(*selected.interval)}{scope(comparison)})."
    )


def leaks(comparison: Comparison) -> list[str]:
    """Return one sentence on the test images that are training images; none if there are none."""
    n_leaked, n_images = int(comparison.leaked.sum()), len(comparison.test)
    if n_leaked == 0:
        return []
    if n_leaked == n_images:
        return ["All test images are training images: their accuracy says nothing of other images."]
    evaluation = comparison.selected
    rest = comparison.without_leaked[comparison.evaluations.index(evaluation)]
    return [
        f"{n_leaked:,} of {counted(n_images, 'test image')} "
        f"{'is a training image' if n_leaked == 1 else 'are training images'}: {_name(evaluation)} "
        f"has {percent(evaluation.accuracy)} with them, and without them {percent(rest.accuracy)} "
        f"of {len(rest.labels):,} ({interval(*rest.interval)})."
    ]


def scope(comparison: Comparison) -> str:
    """Return what follows an interval that does not speak of photographs yet to be taken."""
    return ", within these photographs" if comparison.is_bundled_sample else ""


def _more_images(found: Sequence[Finding]) -> list[str]:
    """Where no difference is significant, say how many test images the largest would take."""
    largest = max(found, key=lambda finding: abs(finding.gain), default=None)
    if largest is None or largest.n_to_tell is None or any(f.is_significant for f in found):
        return []
    return [
        f"{counted(len(largest.evaluation.labels), 'test image')} are too few to tell: the largest "
        f"difference, {points(largest.gain)} of {_name(largest.evaluation)}, would take about "
        f"{_rounded_up(largest.n_to_tell):,} (Connor, 1987; found four times out of five)."
    ]


def _rounded_up(n: int) -> int:
    """Return a number with two digits that count: it is an estimate."""
    unit = int(10 ** max(len(str(n)) - 2, 0))
    return -(-n // unit) * unit


def _against_raw(evaluations: Sequence[Evaluation], found: Sequence[Finding]) -> str:
    """Count the feature sets that are better and worse than raw pixels; or say what is missing."""
    if not found:
        features = {e.features for e in evaluations}
        missing = "others, such as hog+hue," if features == {BASE} else BASE
        return f"Add {missing} to --features to see what engineered features gain over raw pixels."
    better = sum(f.is_significant and f.gain > 0 for f in found)
    worse = sum(f.is_significant and f.gain < 0 for f in found)
    return (
        f"Against raw pixels with the same classifier: {better} of {len(found)} significantly more "
        f"accurate, {worse} less, {len(found) - better - worse} not distinguishable (McNemar's "
        "exact test, Holm's adjustment for all of them)."
    )


def _name(evaluation: Evaluation) -> str:
    return f"{printable(evaluation.features)} with {printable(evaluation.classifier)}"
