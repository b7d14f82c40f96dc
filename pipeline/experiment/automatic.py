"""Automatic feature selection: which features suit the images of a folder, and how many of them.

Features are compared by least squares on validation parts of a sample of the training images, with
small vocabularies; the best are then learned with large ones. The classifier is selected later, on
the final features; see `handcraft.pipeline.experiment.training.train_best`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.checks import check_training_data
from handcraft.classifiers.training.least_squares import validate_least_squares
from handcraft.classifiers.validation import Validation, best_of
from handcraft.data.splits import stratified_split
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.features.base import Extractor
from handcraft.pipeline.experiment.training import tell_validation
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.extraction.rows import Features, compute_rows
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext

WORDS = "patch-words+hog-words+hog-words-wide"
SPECS = ("vlad", WORDS, f"{WORDS}+hog+hue")
"""In order of preference: without trials, the first that suits the images is taken."""

MAX_VALUES = 4_000_000_000
"""The most rows times features, kept in int8 while a classifier is trained: 4 GB, and twice as much
on disk."""

MIN_TRIED = 500
"""With fewer images a comparison is little better than chance, and takes longer than the rest. On
180 photographs of 15 scenes, vlad reached 75.5 % and the other candidates 58 %; `handcraft compare`
prints such a comparison."""

TRIAL_PIXELS = 4_000
"""An image of more pixels counts as several in a trial: it takes longer and is more informative. So
trials take about a quarter of the total time, on photographs as on small images."""

Words = Mapping[str, int]
"""Vocabulary size by kind of extractor."""


@dataclass(frozen=True)
class Effort:
    """Vocabulary sizes, and the number of images on which features are compared."""

    words: Words
    trial_images: int = 0


def _words(patch: int, hog: int, vlad: int) -> Words:
    return {"patch-words": patch, "hog-words": hog, "hog-words-wide": hog, "vlad": vlad}


TRIAL_WORDS = _words(100, 50, 128)

EFFORTS = {
    "quick": Effort(_words(200, 100, 128)),
    "normal": Effort(_words(800, 400, 512), trial_images=2_600),
    "best": Effort(_words(2_400, 1_200, 1_536), trial_images=5_200),
}
"""About 1, 5 and 12 minutes for 50,000 small images on two cores."""

DEFAULT_EFFORT = "normal"


@dataclass(frozen=True)
class Candidate:
    """Features of any size."""

    spec: str
    mirror: bool = False

    def extractor(self, words: Words, n_rows: int) -> Extractor:
        """Return the extractor with these vocabulary sizes, smaller for very few or very many rows.

        There are no more words than images: on the photographs of `MIN_TRIED` 128 and 256 words for
        VLAD are as good as 1,024 (75.5, 76.0 and 75.2 %).
        """
        sized = {
            kind: EXTRACTORS[kind]().set_params(n_words=min(n, n_rows)) for kind, n in words.items()
        }
        extractor = make_extractor(self.spec, sized).with_budget(MAX_VALUES // n_rows)
        return extractor.mirrored() if self.mirror else extractor


def choose_features(
    dataset: Dataset,
    effort: str,
    seed: int,
    context: RunContext,
    class_weight: Mapping[Any, float] | str | None = None,
) -> Extractor:
    """Return the extractor for these images; report what was compared and why it was chosen.

    Candidates that suit the size of the images are compared first, then the best of them with
    mirror-invariant rows. The lowest selection cost wins; see `best_of`. `class_weight` is that of
    a classifier.
    With fewer than `MIN_TRIED` images, or no trial images, the first candidate is taken.
    """
    size, n_images, side = EFFORTS[effort], len(dataset.training), _median_side(dataset)
    candidates = _suitable(dataset, effort)
    best, why = candidates[0], f"the first choice for images of {side:.0f} pixels"
    if _is_tried(dataset, effort):
        sample = _sample(dataset, _trial_images(dataset, effort), seed)
        trials = _Trials(sample, class_weight, seed, context)
        best, why = trials.best(candidates), "for the lowest selection cost"
        best = trials.best([replace(best, mirror=True)])
        if trials.tell_nothing:
            best, why = candidates[0], "the first choice, as no trial could be validated"
    elif size.trial_images:
        why += "; there are too few to compare others"
    extractor = best.extractor(size.words, n_images)
    context.progress.say(f"Features: {extractor.name}, {why}")
    return extractor


def steps_of_choice(dataset: Dataset, effort: str) -> Counter[str]:
    """Return the steps that `choose_features` shows, by kind."""
    if not _is_tried(dataset, effort):
        return Counter()
    n_suitable = len(_suitable(dataset, effort))
    return Counter(Fitting=n_suitable, Extracting=n_suitable + 1, Comparing=n_suitable + 1)


def tried_features(dataset: Dataset, effort: str) -> tuple[list[Extractor], int]:
    """Return the extractors that `choose_features` compares, not mirrored, and the sample size."""
    if not _is_tried(dataset, effort):
        return [], 0
    n_images = min(_trial_images(dataset, effort), len(dataset.training))
    tried = [c.extractor(TRIAL_WORDS, n_images) for c in _suitable(dataset, effort)]
    return tried, n_images


def likely_choice(dataset: Dataset, effort: str, cautious: bool = False) -> Extractor:
    """Return what `choose_features` probably chooses, or the slower alternative if `cautious`.

    It is the first candidate. Where candidates are compared, mirror-invariant rows, which take
    twice as long, are probably the best on small images, as on CIFAR-10, but not on large ones, as
    on Caltech-101.
    """
    first = _suitable(dataset, effort)[0]
    mirror = _is_tried(dataset, effort) and (cautious or first.spec != SPECS[0])
    chosen = replace(first, mirror=mirror)
    return chosen.extractor(EFFORTS[effort].words, len(dataset.training))


def _trial_images(dataset: Dataset, effort: str) -> int:
    """Return the number of images on which features are compared, if there are that many."""
    wanted = EFFORTS[effort].trial_images
    return min(wanted, max(MIN_TRIED, int(TRIAL_PIXELS * wanted / _median_side(dataset) ** 2)))


def _median_side(dataset: Dataset) -> float:
    """Return the median of the images' shorter sides, in pixels."""
    infos = dataset.training.infos.values()
    return float(np.median([min(info.height, info.width) for info in infos]))


def _suitable(dataset: Dataset, effort: str) -> list[Candidate]:
    """Return the candidates that suit the size of the images."""
    side, n_images = _median_side(dataset), len(dataset.training)
    return [
        candidate
        for candidate in map(Candidate, SPECS)
        if candidate.extractor(EFFORTS[effort].words, n_images).suits(side)
    ]


def _is_tried(dataset: Dataset, effort: str) -> bool:
    """Return whether candidates are compared."""
    return EFFORTS[effort].trial_images > 0 and len(dataset.training) >= MIN_TRIED


class _Trials:
    """Validation of candidates on a sample, with small vocabularies."""

    def __init__(self, sample: Dataset, class_weight: Any, seed: int, context: RunContext) -> None:
        self.sample, self.class_weight = sample, class_weight
        self.seed, self.context = seed, context
        self.found: dict[Candidate, Validation | None] = {}
        self._learned: dict[str, Features] = {}

    def best(self, candidates: Sequence[Candidate]) -> Candidate:
        """Validate these candidates too; return the best so far."""
        self.found.update({candidate: self._validate(candidate) for candidate in candidates})
        return list(self.found)[best_of(list(self.found.values()))]

    @property
    def tell_nothing(self) -> bool:
        """Whether nothing could be validated, as hardly any class has several images."""
        return all(found is None for found in self.found.values())

    def _validate(self, candidate: Candidate) -> Validation | None:
        name = candidate.extractor(TRIAL_WORDS, 1).name
        rows, images = self._mirrored(candidate.spec) if candidate.mirror else self._rows(candidate)
        data = check_training_data(
            rows, images.labels, name, class_weight=self.class_weight, groups=images.groups
        )
        with self.context.progress.stage(f"Comparing {name}", 1):
            found = validate_least_squares(data, self.seed, self.context.n_jobs)
        tell_validation(name, found, self.context)
        return found

    def _rows(self, candidate: Candidate) -> tuple[NDArray[Any], CheckedImages]:
        extractor = candidate.extractor(TRIAL_WORDS, len(self.sample.training))
        learned = learn_features(extractor, self.sample.training, self.seed, self.context)
        self._learned[candidate.spec] = learned
        return learned.rows[:], learned.images

    def _mirrored(self, spec: str) -> tuple[NDArray[Any], CheckedImages]:
        """Return the means of the rows already computed and those of the mirror images.

        The words were learned from the original images; learned from mirror images too, they would
        be somewhat better still.
        """
        learned = self._learned[spec]
        mirrored = compute_rows(learned.extractor, learned.images, self.context, ["mirrored"])
        readable = set(mirrored.images.paths)
        kept = np.array([path in readable for path in learned.images.paths])
        rows = learned.rows[:][kept].astype(np.float32)
        return (rows + mirrored.rows[:]) / 2, mirrored.images


def _sample(dataset: Dataset, n_images: int, seed: int) -> Dataset:
    """Return the dataset with at most `n_images` training images, the classes in proportion."""
    training = dataset.training
    if len(training) <= n_images:
        return dataset
    part = stratified_split(training.images, dataset.class_names, n_images / len(training), seed)[1]
    return replace(dataset, training=replace(training, images=part))
