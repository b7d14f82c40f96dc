"""The comparison in words: the selected model, and the gain of engineered features over raw pixels.

The headline names the model selected by validation. Nothing is selected on test images, as the best
of several models on them is more accurate on them than on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.statistics import (
    SIGNIFICANCE,
    Interval,
    corrected_resampled_t,
    holm,
    images_to_tell,
    mcnemar_exact,
    paired_difference,
    resampled_interval,
    vary,
)
from handcraft.pipeline.run.text import counted, interval, p_value, percent, points, printable

BASE = "raw"


@dataclass(frozen=True)
class Finding:
    """One feature set against raw pixels under the same classifier.

    `gain` is the difference in test accuracy, a share of the images, and `interval` its 95 %
    interval; `p_value` is McNemar's exact one, or with several random splits that of the corrected
    resampled t-test if the splits vary, adjusted by Holm's method for all pairs of a feature set
    and a classifier compared. `n_to_tell` is the number of test images needed to find such a
    difference significant among them, see `images_to_tell`; None if unknown.
    """

    evaluation: Evaluation
    base: Evaluation
    gain: float
    interval: Interval
    p_value: float
    n_to_tell: int | None

    @property
    def is_significant(self) -> bool:
        """Whether the difference is significant."""
        return self.p_value < SIGNIFICANCE

    def __str__(self) -> str:
        """Format the difference in percentage points, and p, for a cell."""
        return f"{100 * self.gain:+.1f} ({p_value(self.p_value)})"


def findings(evaluations: Sequence[Evaluation]) -> list[Finding]:
    """Compare each model with raw pixels under the same classifier, if there are raw pixels."""
    bases = {e.classifier: e for e in evaluations if e.features == BASE}
    pairs = [
        (e, bases[e.classifier])
        for e in evaluations
        if e.features != BASE and e.classifier in bases
    ]
    found = [_tested(e, base, SIGNIFICANCE / len(pairs)) for e, base in pairs]
    p_values = holm([finding.p_value for finding in found])
    return [replace(one, p_value=p) for one, p in zip(found, p_values, strict=True)]


def _tested(e: Evaluation, base: Evaluation, significance: float) -> Finding:
    """Compare two models, with the p-value of the test."""
    gain = e.accuracy - base.accuracy
    differences = e.accuracies - base.accuracies
    if e.resamples is not None and vary(differences):
        ratio = e.resamples.test_ratio
        p_value = corrected_resampled_t(differences, ratio, 1)
        return Finding(e, base, gain, resampled_interval(differences, ratio), p_value, None)
    correct, correct_base = e.once.correct, base.once.correct
    test = mcnemar_exact(correct, correct_base)
    interval = paired_difference(correct, correct_base)
    n_to_tell = images_to_tell(test.only_first, test.only_second, len(correct), significance)
    return Finding(e, base, gain, interval, test.p_value, n_to_tell)


def verdict(comparison: Comparison) -> list[str]:
    """Return the verdict as sentences, the headline first."""
    sentences = [_headline(comparison)]
    best = comparison.best_on_test
    if best.accuracy > comparison.selected.accuracy:
        sentences.append(
            f"On these test images {_name(best)} is more accurate, {percent(best.accuracy)}, "
            "but test images play no part in the selection."
        )
    found = findings(comparison.evaluations)
    return [*sentences, _against_raw(comparison, found), *_more_images(found)]


def _headline(comparison: Comparison) -> str:
    selected = comparison.selected
    if len(comparison.evaluations) == 1:
        how = ""
    elif selected.model.training.validation_accuracy is None:
        how = "Named first, as there are too few images to validate: "
    else:
        how = "Selected on validation: "
    test, spread = counted(len(selected.labels), "test image"), ""
    if selected.deviation is not None:
        test = f"the test images of {comparison.n_splits} random splits"
        spread = f"standard deviation {100 * selected.deviation:.1f}, "
    return (
        f"{how}{_name(selected)} classifies {percent(selected.accuracy)} of {test} correctly "
        f"({spread}{interval(*selected.interval)}{scope(comparison)})."
    )


def leaks(comparison: Comparison) -> list[str]:
    """Return a sentence on test images that are training images, if there are any."""
    n_leaked, n_images = int(comparison.leaked.sum()), len(comparison.test)
    if n_leaked == 0:
        return []
    if n_leaked == n_images:
        return [
            "All test images are training images: their accuracy says nothing about other images."
        ]
    evaluation = comparison.selected
    rest = comparison.without_leaked[comparison.evaluations.index(evaluation)]
    return [
        f"{n_leaked:,} of {counted(n_images, 'test image')} "
        f"{'is a training image' if n_leaked == 1 else 'are training images'}: {_name(evaluation)} "
        f"has {percent(evaluation.accuracy)} with them, and without them {percent(rest.accuracy)} "
        f"of {len(rest.labels):,} ({interval(*rest.interval)})."
    ]


def scope(comparison: Comparison) -> str:
    """Return the caveat after an interval that does not hold for new photographs."""
    return ", within these photographs" if comparison.is_bundled_sample else ""


def _more_images(found: Sequence[Finding]) -> list[str]:
    """If no difference is significant, report the number of test images the largest would need."""
    largest = max(found, key=lambda finding: abs(finding.gain), default=None)
    if largest is None or largest.n_to_tell is None or any(f.is_significant for f in found):
        return []
    return [
        f"{counted(len(largest.evaluation.labels), 'test image')} are too few to tell: the largest "
        f"difference, {points(largest.gain)} of {_name(largest.evaluation)}, would take about "
        f"{_rounded_up(largest.n_to_tell):,} (Connor, 1987; found four times out of five)."
    ]


def _rounded_up(n: int) -> int:
    """Return a number rounded to two significant digits."""
    unit = int(10 ** max(len(str(n)) - 2, 0))
    return -(-n // unit) * unit


def test_name(comparison: Comparison) -> str:
    """Return the name of the test that compares models."""
    if comparison.n_splits > 1:
        return (
            "the corrected resampled t-test of Nadeau and Bengio, 2003, or McNemar's exact test "
            "where nothing varies between splits"
        )
    return "McNemar's exact test"


def _against_raw(comparison: Comparison, found: Sequence[Finding]) -> str:
    """Count the feature sets better and worse than raw pixels, or report what is missing."""
    if not found:
        features = {e.features for e in comparison.evaluations}
        missing = "others, such as hog+hue," if features == {BASE} else BASE
        return f"Add {missing} to --features to see what engineered features gain over raw pixels."
    better = sum(f.is_significant and f.gain > 0 for f in found)
    worse = sum(f.is_significant and f.gain < 0 for f in found)
    return (
        f"Against raw pixels with the same classifier: {better} of {len(found)} significantly more "
        f"accurate, {worse} less, {len(found) - better - worse} without significant difference "
        f"({test_name(comparison)}; Holm's adjustment for all of them)."
    )


def _name(evaluation: Evaluation) -> str:
    return f"{printable(evaluation.features)} with {printable(evaluation.classifier)}"
