"""Features by themselves: the folder decides what is tried, and a validation part what is taken."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from handcraft.classifiers import CLASSIFIERS, Classifier, LinearSVM, Softmax
from handcraft.classifiers.training.settings import TrainingParameters
from handcraft.data.errors import RequestError
from handcraft.data.splits import stratified_split
from handcraft.features import make_extractor
from handcraft.features.base import MIRROR_SUFFIX, Extractor
from handcraft.features.hue import Hue
from handcraft.features.words.configurations import HogWords, PatchWords, WideHogWords
from handcraft.features.words.vlad import Vlad
from handcraft.pipeline.experiment.training import Recipe, train
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.context import RunContext

SMALL_SIDE = 64
"""Images whose shorter side is mostly no longer than this, in pixels, have patches, but hardly
shapes of several sizes: `vlad` is not tried on them."""

WORDS_OF_SMALL = "patch-words+hog-words+hog-words-wide"
SPECS_OF_SMALL = (WORDS_OF_SMALL, f"{WORDS_OF_SMALL}+hog+hue", "patch-words")
SPECS_OF_LARGE = ("vlad", "vlad+patch-words", WORDS_OF_SMALL)
"""The first is taken where nothing is tried."""

SVM_LOSS = "one_vs_rest_squared_hinge"
"""On long whitened rows more accurate than the multiclass hinge."""

VALUES_PER_WORD = {PatchWords: 16, HogWords: 16, WideHogWords: 16, Vlad: 156}
"""Sixteen pools; 64 axes and the place twice, and as well for every fourth word 40 axes and the
place of a colour."""

MOST_VALUES = 4_000_000_000
"""Rows times words' values that are kept, in int8, while a classifier is trained: 4 GB. They take
twice as much on disk."""


@dataclass(frozen=True)
class Effort:
    """How many words there are of each kind, and how many images recipes are tried on, 0 for none.

    There are `hog_words` narrow ones, and as many wide ones.
    """

    patch_words: int
    hog_words: int
    vlad: int
    n_small: int = 0
    n_large: int = 0

    def extractor(self, spec: str, n_rows: int) -> Extractor:
        """Return the extractor that `spec` names, of this size, or smaller for very many rows."""
        names = spec.replace(MIRROR_SUFFIX, "").split("+")
        words: dict[type[PatchWords | Vlad], int] = {
            PatchWords: self.patch_words,
            HogWords: self.hog_words,
            WideHogWords: self.hog_words,
            Vlad: self.vlad,
        }
        n_values = sum(VALUES_PER_WORD[kind] * n for kind, n in words.items() if kind.kind in names)
        share = min(1.0, MOST_VALUES / (n_rows * n_values))
        sized = {kind.kind: kind(n_words=int(share * n)) for kind, n in words.items()}
        return make_extractor(spec, sized)


TRIAL = Effort(patch_words=100, hog_words=50, vlad=128)
"""Trials are with few words: what is best with few is taken with many."""

EFFORTS = {
    "quick": Effort(patch_words=200, hog_words=100, vlad=128),
    "normal": Effort(patch_words=800, hog_words=400, vlad=1_024, n_small=5_000, n_large=1_500),
    "best": Effort(patch_words=2_400, hog_words=1_200, vlad=1_536, n_small=10_000, n_large=3_000),
}
"""About 1, 5 and 12 minutes for 50,000 small images on two cores."""


def choose_recipe(
    dataset: Dataset, classifiers: Sequence[str], effort: str, seed: int, context: RunContext
) -> Recipe:
    """Return the recipe for these images, and say what was tried and why it was chosen.

    One after the other, features, classifier, and whether mirror images count as equal are chosen
    on a validation part of a sample of the training images.

    Raises
    ------
    RequestError
        If a classifier is not one that is validated by its scores.
    """
    size = EFFORTS[effort]
    sides = [min(info.height, info.width) for info in dataset.training.infos.values()]
    small = float(np.median(sides)) <= SMALL_SIDE
    specs = SPECS_OF_SMALL if small else SPECS_OF_LARGE
    context.progress.say(
        f"Images with a shorter side of {np.median(sides):.0f} pixels: {' or '.join(specs)}"
    )
    # Softmax first, the better one more often: without a trial the first option is taken.
    names = sorted(classifiers, key=lambda name: name != Softmax.name)
    kinds = [_classifier(name, seed) for name in names]
    best = _Option(specs[0], kinds[0])
    n_trial = size.n_small if small else size.n_large
    if n_trial:
        best = _best(specs, kinds, _sample(dataset, n_trial, seed), seed, context)
    return Recipe(size.extractor(best.spec, len(dataset.training)), best.classifier)


@dataclass(frozen=True)
class _Option:
    """What may be chosen, of any size."""

    spec: str
    classifier: Classifier

    def __str__(self) -> str:
        return f"{self.spec} with {self.classifier.name}"

    @property
    def mirrored(self) -> _Option:
        """The same with mirror-invariant rows; hues are the same in the mirror."""
        names = self.spec.split("+")
        parts = [name if name == Hue.kind else name + MIRROR_SUFFIX for name in names]
        return replace(self, spec="+".join(parts))


def _classifier(name: str, seed: int) -> Classifier:
    kind = CLASSIFIERS[name]
    if not issubclass(kind, TrainingParameters):
        names = [n for n, k in CLASSIFIERS.items() if issubclass(k, TrainingParameters)]
        raise RequestError(
            f"--classifiers {name}: --features auto needs one of {', '.join(names)}; "
            "or name the features"
        )
    return LinearSVM(loss=SVM_LOSS, seed=seed) if name == LinearSVM.name else kind(seed=seed)


def _best(
    specs: Sequence[str],
    classifiers: Sequence[Classifier],
    sample: Dataset,
    seed: int,
    context: RunContext,
) -> _Option:
    """Try all features, the best of them with the other classifiers, and the best mirrored."""
    costs: dict[_Option, float] = {}

    def cost(option: _Option) -> float:
        """Train with few words, and return the validation cost."""
        extractor = TRIAL.extractor(option.spec, len(sample.training))
        recipe = Recipe(extractor, option.classifier)
        model = train(recipe, sample, seed, context)
        accuracy, cost = model.training.validation_accuracy, model.validation_cost
        if accuracy is None or cost is None:
            return math.inf  # too few images to tell: the first option is taken
        context.progress.say(f"  tried {option}: {accuracy:.1%} right, cost {cost:.3f}")
        return cost

    def try_also(options: Sequence[_Option]) -> _Option:
        """Return the best of all that were tried so far; of equal ones in effect, the first."""
        costs.update({option: cost(option) for option in options})
        return min(costs, key=lambda option: round(costs[option], 3))

    best = try_also([_Option(spec, classifiers[0]) for spec in specs])
    best = try_also([replace(best, classifier=other) for other in classifiers[1:]])
    best = try_also([best.mirrored])
    context.progress.say(f"Chosen, for the lowest cost on validation images: {best}")
    return best


def _sample(dataset: Dataset, n_images: int, seed: int) -> Dataset:
    """Return the dataset with at most `n_images` training images, the classes in proportion."""
    training = dataset.training
    if len(training) <= n_images:
        return dataset
    part = stratified_split(training.images, dataset.class_names, n_images / len(training), seed)[1]
    return replace(dataset, training=replace(training, images=part))
