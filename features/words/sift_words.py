"""Bag of visual words: an image as counts of the local shapes it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import ClassVar, Self

import cv2
import numpy as np

from handcraft.features.base import Extractor, Image, Rows, sample_images
from handcraft.features.local.sift import Floats, Keypoints, dense_sift, keypoint_sift
from handcraft.features.resize import resize
from handcraft.features.words.encoding import (
    hellinger,
    nearest_words,
    pyramid_cells,
    word_histogram,
)
from handcraft.features.words.vocabulary import learn_vocabulary

N_SIZES = 100
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

    name: ClassVar[str] = "sift-words"

    n_words: int = 256
    levels: Sequence[int] = (1, 2, 4)
    descriptor: str = "dense"
    max_side: int = 256
    side_: int = field(init=False)
    words_: Floats = field(init=False, repr=False)

    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Learn the usual size of the images, and the words of a sample of them."""
        if self.descriptor not in ("dense", "keypoints"):
            raise ValueError(f"descriptor={self.descriptor!r}; expected 'dense' or 'keypoints'")
        sample = sample_images(images, N_SAMPLE_IMAGES, rng)
        sizes = [max(image.shape[:2]) for image in sample_images(sample, N_SIZES, rng)]
        median = int(np.median(sizes))
        self.side_ = max(MIN_SIDE, min(median, self.max_side))
        n_each = N_SAMPLE_DESCRIPTORS // len(sample)
        descriptors = []
        for image in sample:
            found = self._describe(_grey(image, self.side_))[1]
            descriptors.append(found[rng.permutation(len(found))[:n_each]])
        pool = np.concatenate(descriptors)
        if len(pool) == 0:
            raise ValueError(
                f"no keypoint in {len(sample)} sampled training images; use descriptor='dense'"
            )
        self.words_ = learn_vocabulary(pool, self.n_words, rng)
        return self

    def transform(self, images: Sequence[Image]) -> Rows:
        """Return one row of word counts (square roots, length 1) for each image."""
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            row[:] = self._encode(image)
        return rows

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
