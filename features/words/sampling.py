"""Sample: how many images and descriptors a vocabulary is learned from, and which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handcraft.features.local.descriptor import Described
from handcraft.features.local.stage import Stage
from handcraft.features.state import parameter


@dataclass(frozen=True)
class Sampling(Stage):
    """Equally many descriptors of each of some images, where the images have so many.

    Parameters
    ----------
    images
        Most images to look at.
    descriptors
        Most descriptors in all; a few more, as each image gives a whole number.
    per_word
        Descriptors for each word; more gain nothing.
    """

    kind: ClassVar[str] = "sampling"

    images: int = parameter(1_000, low=1, high=1_000_000)
    descriptors: int = parameter(100_000, low=1, high=10_000_000)
    per_word: int = parameter(500, low=1, high=1_000_000)

    def per_image(self, n_images: int, n_words: int) -> int:
        """Return how many descriptors to draw of each of `n_images` for `n_words` words."""
        wanted = min(self.descriptors, self.per_word * n_words)
        return -(-wanted // n_images)


def draw(described: Described, n: int, rng: np.random.Generator) -> Described:
    """Return `n` different ones of an image's descriptors at random, or all if there are fewer."""
    chosen = rng.permutation(len(described.values))[:n]
    return Described(described.places[chosen], described.values[chosen])


def joined(collected: Sequence[Described], n_values: int) -> Described:
    """Return the descriptors of all images together; one of zeros where there is none."""
    none = Described(np.zeros((1, 3), np.float32), np.zeros((1, n_values), np.float32))
    parts = [part for part in collected if len(part.values) > 0] or [none]
    places, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Described(places, values)
