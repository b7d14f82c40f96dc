"""Samples of images to fit extractors on, nested so that one pass serves several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image

BLOCK_SAMPLE = 1_000
"""Sample size from which a concatenation learns the scales of its parts."""


class Learner(Protocol):
    """The stages of `fit`; see `handcraft.features.base.Extractor`."""

    @property
    def sample_size(self) -> int:
        """The largest sample size."""

    def learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        """Learn from the sizes of the images of the sample."""

    def collect(self, image: Image, rng: np.random.Generator) -> Any:
        """Return what `learn` needs of one image."""

    def learn(self, collected: Sequence[Any]) -> Self:
        """Learn from what was collected."""


def sample_indices(n_images: int, sample_size: int, seed: int) -> NDArray[np.intp]:
    """Return the indices of a sample, ascending; a smaller sample is a subset.

    Examples
    --------
    >>> sample_indices(1_000, 3, seed=0)
    array([206, 222, 459])
    >>> sample_indices(1_000, 5, seed=0)
    array([162, 206, 222, 459, 711])
    """
    order = np.random.default_rng(seed).permutation(n_images)
    return np.sort(order[:sample_size])


def image_rng(seed: int, index: int) -> np.random.Generator:
    """Return the random generator of one image, independent of the order and the worker."""
    return np.random.default_rng([seed, index])


def learn_together(learners: Sequence[Learner], images: Sequence[Image], seed: int) -> None:
    """Fit extractors on their samples of the images, in one pass over the largest of them."""
    samples = [sample_indices(len(images), learner.sample_size, seed) for learner in learners]
    largest = max(samples, key=len).tolist()
    sizes = {index: images[index].shape[:2] for index in largest}
    for learner, sample in zip(learners, samples, strict=True):
        learner.learn_sizes(np.array([sizes[index] for index in sample]))
    members = [set(sample.tolist()) for sample in samples]
    collected: list[list[Any]] = [[] for _ in learners]
    for index in largest:
        image = images[index]
        for learner, chosen, found in zip(learners, members, collected, strict=True):
            if index in chosen:
                found.append(learner.collect(image, image_rng(seed, index)))
    for learner, found in zip(learners, collected, strict=True):
        learner.learn(found)
