"""The sample of images and descriptors from which a vocabulary is learned."""

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
    """Equal numbers of descriptors from each of some images, fewer from images that have fewer.

    Parameters
    ----------
    images
        The largest number of images.
    descriptors
        Total number of descriptors, at most; a few more by rounding up for each image.
    per_word
        Descriptors per word; more gain nothing.
    """

    kind: ClassVar[str] = "sampling"

    images: int = parameter(1_000, low=1, high=1_000_000)
    descriptors: int = parameter(100_000, low=1, high=10_000_000)
    per_word: int = parameter(500, low=1, high=1_000_000)

    def per_image(self, n_images: int, n_words: int) -> int:
        """Return the number of descriptors to draw from each of `n_images` for `n_words` words."""
        wanted = min(self.descriptors, self.per_word * n_words)
        return -(-wanted // n_images)


def draw(described: Described, n: int, rng: np.random.Generator) -> Described:
    """Return a random sample of `n` descriptors of an image, or all if there are fewer."""
    chosen = rng.permutation(len(described.values))[:n]
    return Described(described.places[chosen], described.values[chosen])


def joined(collected: Sequence[Described], n_values: int) -> Described:
    """Return the descriptors of all images; a single one of zeros if there are none."""
    none = Described(np.zeros((1, 3), np.float32), np.zeros((1, n_values), np.float32))
    parts = [part for part in collected if len(part.values) > 0] or [none]
    places, values = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Described(places, values)
