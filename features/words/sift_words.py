"""Bag of visual words: an image as counts of the local shapes it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.base import Extractor, Rows
from handcraft.features.local.sift import Floats, Keypoints, dense_sift, keypoint_sift
from handcraft.features.resize import resize
from handcraft.features.state import MAX_SIDE, learned, parameter
from handcraft.features.words.encoding import (
    hellinger,
    nearest_words,
    pyramid_cells,
    word_histogram,
)
from handcraft.features.words.vocabulary import learn_vocabulary

N_SAMPLE_IMAGES = 1000
N_SAMPLE_DESCRIPTORS = 80_000
MIN_CONTRAST = 1.0
"""Fainter patches, in grey levels per pixel, are noise of the camera or of JPEG."""
MIN_SIDE = 28
"""Smaller images are enlarged: a descriptor of the smallest bins needs 7 pixels, a quarter."""


@dataclass
class SiftWords(Extractor):
    """Histograms of visual words: SIFT descriptors, each named by its nearest k-means centre.

    1. Make the image grey and resize it to the longer side learned in `fit`.
    2. Describe it by SIFT, on a dense grid or at OpenCV's keypoints.
    3. Name each descriptor by the nearest word of the vocabulary.
    4. Count the words in every cell of a spatial pyramid.
    5. Take square roots and scale to length 1.

    Parameters
    ----------
    n_words
        Words to learn; there are fewer where the training images have fewer different descriptors.
    levels
        Cells along a side at each level of the pyramid.
    descriptor
        `dense`, or `keypoints`: corners and blobs only, so that an image without any is all zeros.
    max_side
        Longer side in pixels that larger images are shrunk to.

    Notes
    -----
    Csurka et al., "Visual Categorization with Bags of Keypoints", 2004; Lazebnik, Schmid & Ponce,
    "Beyond Bags of Features", 2006; square roots as in Vedaldi & Zisserman, 2012, in place of a
    histogram-intersection kernel, so that a linear classifier does.
    """

    kind: ClassVar[str] = "sift-words"

    sample_size: ClassVar[int] = N_SAMPLE_IMAGES

    n_words: int = parameter(256, low=1, high=100_000)
    levels: Sequence[int] = parameter((1, 2, 4), low=1, high=16)
    descriptor: str = parameter("dense", choices=("dense", "keypoints"))
    max_side: int = parameter(256, low=MIN_SIDE, high=MAX_SIDE)
    side_: int = learned(int, low=MIN_SIDE, high=MAX_SIDE)
    n_each_: int = learned(int, low=1)
    words_: Floats = learned(np.float32, "words", 128)

    def with_budget(self, n_values: int) -> SiftWords:
        """Return the extractor with fewer words, if there are too many."""
        return replace(self, n_words=max(1, min(self.n_words, n_values // self._n_cells)))

    @property
    def max_features(self) -> int:
        """Cells of the pyramid times words."""
        return self._n_cells * self.n_words

    @property
    def largest_side(self) -> int:
        """The longer side that larger images are shrunk to."""
        return self.max_side

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        self.side_ = max(MIN_SIDE, min(int(np.median(sizes.max(axis=1))), self.max_side))
        self.n_each_ = N_SAMPLE_DESCRIPTORS // len(sizes)

    def collect(self, image: Image, rng: np.random.Generator) -> Floats:
        """Return some descriptors of the image: (n, 128)."""
        found = self._describe(_grey(image, self.side_))[1]
        return found[rng.permutation(len(found))[: self.n_each_]]

    def _learn(self, collected: Sequence[Floats]) -> None:
        pool = np.concatenate(collected)
        if len(pool) == 0:
            raise ValueError(
                f"no keypoint in {len(collected)} sampled training images; use descriptor='dense'"
            )
        self.words_ = learn_vocabulary(pool, self.n_words, np.random.default_rng(self.seed))

    def _rows(self, images: Sequence[Image]) -> Rows:
        return np.stack([self._encode(image) for image in images])

    @property
    def n_features(self) -> int:
        """Cells of the pyramid times words."""
        return self._n_cells * len(self.words_)

    @property
    def feature_names(self) -> list[str]:
        """`word_l2_r0_c1_0042`: word 42 in the upper right quarter."""
        return [
            f"word_l{level}_r{row}_c{column}_{word:04d}"
            for level in self.levels
            for row in range(level)
            for column in range(level)
            for word in range(len(self.words_))
        ]

    @property
    def _n_cells(self) -> int:
        return sum(level**2 for level in self.levels)

    def _encode(self, image: Image) -> Floats:
        grey = _grey(image, self.side_)
        centres, descriptors = self._describe(grey)
        indices = nearest_words(descriptors, self.words_)
        cells = pyramid_cells(centres, grey.shape, self.levels)
        return hellinger(word_histogram(indices, cells, len(self.words_), self._n_cells))

    def _describe(self, grey: Floats) -> Keypoints:
        if self.descriptor == "keypoints":
            return keypoint_sift(grey)
        step, bin_sizes = dense_grid(self.side_)
        parts = [dense_sift(grey, step, bin_size, MIN_CONTRAST) for bin_size in bin_sizes]
        centres, descriptors = (np.concatenate(part) for part in zip(*parts, strict=True))
        return centres, descriptors


def dense_grid(side: int) -> tuple[int, tuple[int, ...]]:
    """Return the step and the bin sizes in pixels for images of this longer side.

    Bins grow with the side; the step with its square root, so that the number of descriptors
    grows with the side and not with its square.
    """
    unit = max(1, round(side / 64))
    return max(1, round(sqrt(side) / 4)), (2 * unit, 3 * unit, 4 * unit)


def _grey(image: Image, side: int) -> Floats:
    """Make grey, and bring to a longer side of `side` and a shorter of a quarter of it or more.

    float32 in 0..255. An image of more than 4:1 is continued by its border pixels, so that the
    smallest descriptors fit.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    scale = side / max(grey.shape)
    height, width = (max(1, round(length * scale)) for length in grey.shape)
    grey = resize(grey, height, width)
    missing = [max(0, side // 4 - length) for length in grey.shape]
    before = [length // 2 for length in missing]
    pads = [(first, both - first) for first, both in zip(before, missing, strict=True)]
    return np.pad(grey, pads, mode="edge").astype(np.float32)
