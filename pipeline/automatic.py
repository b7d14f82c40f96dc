"""Features by themselves: the folder decides what is tried, and a validation part what is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from classifiers import CLASSIFIERS, Classifier, LinearSVM
from data.folder import stratified_split
from features.base import Extractor
from features.patch_words import PatchWords
from features.vlad import Vlad
from pipeline.dataset import Dataset
from pipeline.experiment import Recipe, train
from pipeline.workshop import Workshop

SMALL_SIDE = 64
"""Images whose shorter side is mostly no longer than this, in pixels, have patches, but hardly
shapes of several sizes: `vlad` is not tried on them."""

SVM_LOSS = "one_vs_rest_squared_hinge"
"""On long whitened rows more accurate than the multiclass hinge."""

TRIAL_EXTRACTORS = {PatchWords.name: PatchWords(n_words=200), Vlad.name: Vlad(n_words=32)}
"""Trials are with few words: what is best with few is taken with many."""


@dataclass(frozen=True)
class Effort:
    """How large the vocabularies are, and how many images recipes are tried on; 0: no trial."""

    extractors: dict[str, Extractor]
    n_small: int
    n_large: int


def _effort(patch_words: int, vlad: int, n_small: int, n_large: int) -> Effort:
    extractors = (PatchWords(n_words=patch_words), Vlad(n_words=vlad))
    return Effort({extractor.name: extractor for extractor in extractors}, n_small, n_large)


EFFORTS = {
    "quick": _effort(patch_words=300, vlad=64, n_small=0, n_large=0),
    "normal": _effort(patch_words=1_200, vlad=256, n_small=5_000, n_large=1_500),
    "best": _effort(patch_words=2_400, vlad=512, n_small=10_000, n_large=3_000),
}
"""About 1, 5 and 20 minutes for 50,000 small images or 5,000 large ones on two cores."""


def choose_recipe(
    dataset: Dataset, classifiers: Sequence[str], effort: str, seed: int, workshop: Workshop
) -> Recipe:
    """Return the recipe for these images, and say what was tried and why it was chosen.

    Features and classifier are chosen first, by the accuracy on a validation part of a sample of
    the training images; then whether mirror images help.
    """
    size = EFFORTS[effort]
    sides = [min(info.height, info.width) for info in dataset.training.infos.values()]
    side = float(np.median(sides))
    small = side <= SMALL_SIDE
    names = [PatchWords.name] if small else [Vlad.name, PatchWords.name]
    workshop.stages.say(f"Shorter side {side:.0f} pixels: {' or '.join(names)}, effort {effort}")
    recipes = [
        Recipe(TRIAL_EXTRACTORS[name], _make_classifier(classifier, seed))
        for name in names
        for classifier in classifiers
    ]
    n_trial = size.n_small if small else size.n_large
    best = (
        _best(recipes, _sample(dataset, n_trial, seed), seed, workshop) if n_trial else recipes[0]
    )
    return replace(best, extractor=size.extractors[best.extractor.name])


def _make_classifier(name: str, seed: int) -> Classifier:
    return LinearSVM(loss=SVM_LOSS, seed=seed) if name == "svm" else CLASSIFIERS[name](seed=seed)


def _best(recipes: Sequence[Recipe], sample: Dataset, seed: int, workshop: Workshop) -> Recipe:
    """Try the recipes, and the best one once more with mirror images; return the best of all."""
    tried = [_Trial.of(recipe, sample, seed, workshop) for recipe in recipes]
    best = max(tried, key=lambda trial: trial.accuracy)
    mirrored = _Trial.of(replace(best.recipe, mirror=True), sample, seed, workshop)
    chosen = mirrored if mirrored.accuracy > best.accuracy else best
    workshop.stages.say(f"Chosen: {chosen.recipe}, the most accurate on validation images")
    return chosen.recipe


def _sample(dataset: Dataset, n_images: int, seed: int) -> Dataset:
    """Return the dataset with at most `n_images` training images, the classes in proportion."""
    training = dataset.training
    if len(training) <= n_images:
        return dataset
    part = stratified_split(training.images, dataset.class_names, n_images / len(training), seed)[1]
    return replace(dataset, training=replace(training, images=part))


@dataclass(frozen=True)
class _Trial:
    """A recipe and its accuracy, in [0, 1], on a validation part of the images it was tried on."""

    recipe: Recipe
    accuracy: float

    @classmethod
    def of(cls, recipe: Recipe, sample: Dataset, seed: int, workshop: Workshop) -> Self:
        """Try a recipe, and say how well it did."""
        accuracy = train(recipe, sample, seed, workshop).training.validation_accuracy or 0.0
        workshop.stages.say(f"  tried {recipe}: {accuracy:.1%} on validation images")
        return cls(recipe, accuracy)
