"""VLAD of dense descriptors: a large image as what its local shapes and colours differ in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.base import Extractor, Rows
from handcraft.features.local.lab_statistics import has_colour, local_colour
from handcraft.features.local.sift import Floats, Keypoints, dense_sift
from handcraft.features.resize import resize
from handcraft.features.state import MAX_SIDE, learned, parameter
from handcraft.features.words.codebook import Codebook, learn_codebook

STEP = 4
BIN_SIZE = 8
EXTENT = 3 * BIN_SIZE + 1
"""Pixels from the first to the last bin centre of a descriptor: the least side of an image."""

N_SAMPLE_IMAGES = 400
N_SAMPLE_DESCRIPTORS = 100_000
MIN_SIDE = 64
LEAST_COLOURED = 0.1
"""Share of training images with colour from which colours are learned."""

N_COLOUR_AXES = 40
SHAPES_PER_COLOUR = 4
"""Words for shapes to each word for colours: more words for colours gain nothing."""

WEIGHTS = {
    ("shape", "mean"): 1.0,
    ("shape", "spread"): 0.5,
    ("colour", "mean"): 0.3,
    ("colour", "spread"): 0.15,
}
"""The codes that make up a row, and how much each counts in the inner product of two rows."""


@dataclass
class Vlad(Extractor):
    """The VLAD form of `sift-words`: sums of what descriptors differ in from their visual words.

    1. Resize the image to the longer side learned in `fit`, and scale it by 2^(-k/2), k = 0, 1, ...
       as long as a descriptor fits; continue by its border pixels an image that is too narrow.
    2. Describe each scale by SIFT on a dense grid; take square roots (RootSIFT).
    3. Whiten along the principal axes, scale to length 1, append x, y and scale (`codebook`).
    4. Sum the differences to the nearest words, word by word, and their squares less the usual
       squares; normalise both sums (`encoding.vlad`).
    5. Do the same with local colours, where training images have colour, and join the two.

    Parameters
    ----------
    n_words
        Words to learn for shapes, and a fourth as many for colours; there are fewer where the
        training images have fewer different descriptors.
    n_axes
        Principal axes that SIFT descriptors are described along.
    n_scales
        Scales of the image, each sqrt(2) times smaller than the one before.
    max_side
        Longer side in pixels that larger images are shrunk to.

    Attributes
    ----------
    side_
        Longer side in pixels: the median of the training images, from `MIN_SIDE` to `max_side`.
    codebooks_
        For `shape`, and for `colour` where enough training images have it, the arrays of a
        `Codebook`.

    Notes
    -----
    Jegou, Douze, Schmid & Perez, "Aggregating Local Descriptors into a Compact Image
    Representation", 2010; Arandjelovic & Zisserman, "Three Things Everyone Should Know to Improve
    Object Retrieval", 2012 (RootSIFT), and "All about VLAD", 2013; the grid, the scales and the
    appended x and y as in VLFeat's `apps/recognition`. Departures from it: the scale is appended
    too, descriptors are scaled to length 1 after whitening, and colours are added, and so are
    squares: Peng, Wang, Qiao & Peng, "Boosting VLAD with Supervised Dictionary Learning and
    High-Order Statistics", 2014, without their supervision and third order. A descriptor counts
    for five words instead of one (`encoding.soft_assignment`).
    """

    kind: ClassVar[str] = "vlad"
    row_dtype: ClassVar[type[np.floating[Any]]] = np.float16

    sample_size: ClassVar[int] = N_SAMPLE_IMAGES

    n_words: int = parameter(1_024, low=1, high=100_000)
    n_axes: int = parameter(64, low=1, high=128)
    n_scales: int = parameter(6, low=1, high=16)
    max_side: int = parameter(320, low=MIN_SIDE, high=MAX_SIDE)
    side_: int = learned(int, low=MIN_SIDE, high=MAX_SIDE)
    n_each_: int = learned(int, low=1)
    codebooks_: dict[str, dict[str, Floats]] = field(init=False, repr=False, compare=False)

    def with_budget(self, n_values: int) -> Vlad:
        """Return the extractor with fewer words, if there are too many."""
        n_words = n_values * self.n_words // self.max_features
        return replace(self, n_words=max(1, min(self.n_words, n_words)))

    @property
    def max_features(self) -> int:
        """Twice, for both orders: words times axes and place."""
        n_colours = -(-self.n_words // SHAPES_PER_COLOUR)
        return 2 * (self.n_words * (self.n_axes + 3) + n_colours * (N_COLOUR_AXES + 3))

    @property
    def largest_side(self) -> int:
        """The longer side that larger images are shrunk to."""
        return self.max_side

    def suits(self, side: float) -> bool:
        """Whether there may be shapes of several sizes: in images of more than 64 pixels."""
        return side > MIN_SIDE

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        self.side_ = int(np.clip(np.median(sizes.max(axis=1)), MIN_SIDE, self.max_side))
        self.n_each_ = N_SAMPLE_DESCRIPTORS // len(sizes)

    def collect(self, image: Image, rng: np.random.Generator) -> dict[str, Any]:
        """Return some descriptors of each kind and their places, and whether there are colours."""
        collected: dict[str, Any] = {"has_colour": has_colour(image)}
        for kind in DESCRIBERS:
            descriptors, places = self._describe(kind, image)
            chosen = rng.permutation(len(descriptors))[: self.n_each_]
            collected[kind] = (descriptors[chosen], places[chosen])
        return collected

    def _learn(self, collected: Sequence[dict[str, Any]]) -> None:
        rng = np.random.default_rng(self.seed)
        books = {"shape": (self.n_axes, self.n_words)}
        if np.mean([found["has_colour"] for found in collected]) >= LEAST_COLOURED:
            books["colour"] = (N_COLOUR_AXES, -(-self.n_words // SHAPES_PER_COLOUR))
        self.codebooks_ = {}
        for kind, (n_axes, n_words) in books.items():
            parts = zip(*(found[kind] for found in collected), strict=True)
            descriptors, places = (np.concatenate(part) for part in parts)
            book = learn_codebook(descriptors, places, n_axes, n_words, rng)
            self.codebooks_[kind] = book._asdict()

    def _rows(self, images: Sequence[Image]) -> Rows:
        books = {kind: Codebook(**arrays) for kind, arrays in self.codebooks_.items()}
        weights = self._weights()
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            codes = {
                kind: book.encode(*self._describe(kind, image)) for kind, book in books.items()
            }
            parts = [weight * codes[kind][order] for (kind, order), weight in weights.items()]
            np.concatenate(parts, out=row)
        return rows

    @property
    def n_features(self) -> int:
        """Words times values of a word, for each code of `WEIGHTS` that was learned."""
        return sum(self.codebooks_[kind]["words"].size for kind, _ in self._weights())

    @property
    def feature_names(self) -> list[str]:
        """`shape_mean_0042_07`: the eighth value of word 42; its last three are x, y and scale."""
        return [
            f"{kind}_{order}_{word:04d}_{value:02d}"
            for kind, order in self._weights()
            for word in range(self.codebooks_[kind]["words"].shape[0])
            for value in range(self.codebooks_[kind]["words"].shape[1])
        ]

    def _weights(self) -> dict[tuple[str, str], np.float32]:
        """Return what to multiply the codes by, each of length 1, so that a row has length 1."""
        learned = {code: w for code, w in WEIGHTS.items() if code[0] in self.codebooks_}
        total = sum(learned.values())
        return {code: np.float32(np.sqrt(w / total)) for code, w in learned.items()}

    def _describe(self, kind: str, image: Image) -> tuple[Floats, Floats]:
        """Return the descriptors of all scales (n, n_values), and their places (n, 3)."""
        convert, describe = DESCRIBERS[kind]
        first = self._at_size(np.asarray(cv2.cvtColor(image, convert), np.uint8))
        parts = []
        for k in range(self.n_scales):
            scaled = resize(first, *(max(1, round(n * 2 ** (-k / 2))) for n in first.shape[:2]))
            centres, descriptors = describe(scaled)
            # Pixel (0, 0) covers the square around its centre: the image begins at -0.5.
            shares = (centres + np.float32(0.5)) / np.array(scaled.shape[1::-1], np.float32)
            scale = np.full((len(shares), 1), k / self.n_scales, np.float32)
            parts.append((descriptors, np.hstack([shares, scale])))
        descriptors, places = (np.concatenate(part) for part in zip(*parts, strict=True))
        return descriptors, places

    def _at_size(self, image: Image) -> Image:
        """Resize to the longer side `side_`, and pad a side that is too short for a descriptor."""
        scale = self.side_ / max(image.shape[:2])
        resized = resize(image, *(max(1, round(length * scale)) for length in image.shape[:2]))
        bottom, right = (max(0, EXTENT - length) for length in resized.shape[:2])
        if bottom or right:
            padded = cv2.copyMakeBorder(resized, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
            resized = np.asarray(padded, np.uint8)
        return resized


def root_sift(grey: Image) -> Keypoints:
    """Return square roots of SIFT descriptors that add up to 1: length 1, or 0 where flat."""
    centres, descriptors = dense_sift(grey.astype(np.float32), STEP, BIN_SIZE)
    sums = descriptors.sum(axis=1, keepdims=True)
    descriptors *= np.divide(1, sums, out=np.zeros_like(sums), where=sums > 0)
    return centres, np.sqrt(descriptors, out=descriptors)


def lab_statistics(lab: Image) -> Keypoints:
    """Return local colours on the grid of `root_sift`."""
    return local_colour(lab, STEP, BIN_SIZE)


DESCRIBERS = {
    "shape": (cv2.COLOR_RGB2GRAY, root_sift),
    "colour": (cv2.COLOR_RGB2LAB, lab_statistics),
}
"""What to convert an image to, and how to describe that, for each kind of codebook."""
