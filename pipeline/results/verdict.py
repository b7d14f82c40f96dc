"""The comparison in words: the selected model, and what engineered features gain over raw pixels.

The headline names the model that validation selected. Test images select nothing: the best of
several models on the test images is better on them than on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.statistics import SIGNIFICANCE, holm, mcnemar_exact
from handcraft.pipeline.run.text import counted, interval, p_value, percent, printable

BASE = "raw"


@dataclass(frozen=True)
class Finding:
    """One feature set against raw pixels under the same classifier.

    `gain` is the difference in test accuracy, a share of the images; `p_value` is McNemar's exact
    one, adjusted by Holm's method for all pairs of a feature set and a classifier compared.
    """

    evaluation: Evaluation
    base: Evaluation
    gain: float
    p_value: float

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
    p_values = holm([mcnemar_exact(e.correct, base.correct).p_value for e, base in pairs])
    return [
        Finding(e, base, e.accuracy - base.accuracy, p)
        for (e, base), p in zip(pairs, p_values, strict=True)
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
    return [*sentences, _against_raw(comparison.evaluations)]


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
        f"{how}{_name(selected)}, {percent(selected.accuracy)} of {test} "
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


def _against_raw(evaluations: Sequence[Evaluation]) -> str:
    """Count the feature sets that are better and worse than raw pixels; or say what is missing."""
    found = findings(evaluations)
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
