"""Visual words of small images: soft counts of whitened patches over overlapping pools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np

from features.base import Extractor, Image, Rows, sample_images
from features.patches import (
    Floats,
    Whitening,
    dense_patches,
    learn_whitening,
    normalise_contrast,
    whiten,
)
from features.resize import resize, typical_side
from features.triangle import TriangleSums, overlapping_sums
from features.vocabulary import learn_mirror_vocabulary, learn_vocabulary

N_SAMPLE_IMAGES = 10_000
N_SAMPLE_PATCHES = 400_000
PATCHES_PER_WORD = 500
"""A sample of so many patches for each word is enough; at most `N_SAMPLE_PATCHES` are drawn."""

LEAST_CONTRAST = 10.0
"""Variance of a patch, in squared grey levels, that counts as contrast, and not as noise."""


@dataclass
class PatchWords(Extractor):
    """Soft counts of visual words: small colour patches, each near to some k-means centres.

    1. Resize the image to a square whose side is learned from the training images.
    2. Cut out the patch at every position, normalise its contrast, whiten it.
    3. Compare it with every word of the vocabulary by the triangle code (`TriangleSums`).
    4. Sum the codes over the cells of a grid, and over each square of neighbouring cells.
    5. Take square roots, so that a texture all over does not count for more than its share.

    Parameters
    ----------
    n_words
        Words to learn; there are fewer where the training images have fewer different patches.
    patch
        Side of a patch in pixels.
    grid
        Cells along a side of the image.
    pool
        Cells along a side of a pool. There is a pool at every cell: 1 makes the pools the cells,
        2 makes them overlap by half.
    max_side
        Longest side in pixels that images are resized to.
    up_to_mirror
        Learn no words that are each other's mirror images, for `Mirrored`: twice as many
        different ones, of the same number.

    Attributes
    ----------
    side_
        Side of the square, in pixels: the median shorter side of the training images, from
        `MIN_SIDE` to `max_side`.
    contrast_
        The mean variance of patches: contrasts much above it are made equal, those below are not.
    mean_, axes_
        The whitening of patches, see `features.patches.Whitening`.
    words_
        float32 (n_words, n_axes), whitened.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011. Departures: pools that overlap (theirs are the four quarters: grid=2, pool=1), square
    roots, squared distances in the code, less normalisation of contrast (their floor is 10, not
    the mean), and axes of little variance left out of the whitening. Each is worth something on
    CIFAR-10 or costs nothing and saves time.
    """

    name: ClassVar[str] = "patch-words"
    row_dtype: ClassVar[type[np.floating[Any]]] = np.float16
    MIN_SIDE: ClassVar[int] = 24

    n_words: int = 800
    patch: int = 5
    grid: int = 5
    pool: int = 2
    max_side: int = 48
    up_to_mirror: bool = False
    side_: int = field(init=False)
    contrast_: float = field(init=False)
    mean_: Floats = field(init=False, repr=False)
    axes_: Floats = field(init=False, repr=False)
    words_: Floats = field(init=False, repr=False)

    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Learn the size of the images, and the whitening and the words of a sample of patches."""
        self._check_parameters()
        self.side_ = typical_side(images, self.MIN_SIDE, self.max_side, rng)
        patches = self._sample_patches(images, rng)
        self.contrast_ = max(LEAST_CONTRAST, float(patches.var(axis=1).mean()))
        patches = normalise_contrast(patches, self.contrast_)
        if self.up_to_mirror:
            mirror_images = self._mirror(patches)
            whitening = learn_whitening(np.concatenate([patches, mirror_images]))
            self.words_ = learn_mirror_vocabulary(
                whiten(patches, whitening), whiten(mirror_images, whitening), self.n_words, rng
            )
        else:
            whitening = learn_whitening(patches)
            self.words_ = learn_vocabulary(whiten(patches, whitening), self.n_words, rng)
        self.mean_, self.axes_ = whitening
        return self

    def transform(self, images: Sequence[Image]) -> Rows:
        """Return float32 (n_images, n_features), values 0 or more, pool by pool."""
        whitening = Whitening(self.mean_, self.axes_)
        n_positions = self.side_ - self.patch + 1
        sum_over_cells = TriangleSums(self.words_, n_positions, self.grid)
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            # One image at a time, so that its bits do not depend on its neighbours.
            patches = whiten(normalise_contrast(self._patches(image), self.contrast_), whitening)
            cells = sum_over_cells(patches.reshape(n_positions, n_positions, -1))
            np.sqrt(overlapping_sums(cells, self.pool).ravel(), out=row)
        return rows

    @property
    def n_features(self) -> int:
        """(grid - pool + 1)**2 pools times words."""
        return self._n_pools**2 * len(self.words_)

    @property
    def feature_names(self) -> list[str]:
        """patch_r0_c1_0042: word 42 in the second pool of the first row of pools."""
        return [
            f"patch_r{row}_c{column}_{word:04d}"
            for row in range(self._n_pools)
            for column in range(self._n_pools)
            for word in range(len(self.words_))
        ]

    @property
    def _n_pools(self) -> int:
        return self.grid - self.pool + 1

    def _patches(self, image: Image) -> Floats:
        return dense_patches(resize(image, self.side_, self.side_), self.patch)

    def _mirror(self, patches: Floats) -> Floats:
        """Return the mirror image of each patch."""
        pixels = patches.reshape(-1, self.patch, self.patch, 3)
        return pixels[:, :, ::-1].reshape(patches.shape)

    def _sample_patches(self, images: Sequence[Image], rng: np.random.Generator) -> Floats:
        sample = sample_images(images, N_SAMPLE_IMAGES, rng)
        n_patches = min(N_SAMPLE_PATCHES, PATCHES_PER_WORD * self.n_words)
        n_each = -(-n_patches // len(sample))
        parts = []
        for image in sample:
            patches = self._patches(image)
            parts.append(patches[rng.permutation(len(patches))[:n_each]])
        return np.concatenate(parts)

    def _check_parameters(self) -> None:
        if not 1 <= self.pool <= self.grid:
            raise ValueError(
                f"pool={self.pool} with grid={self.grid}; a pool is 1 to grid cells wide"
            )
        if not 2 <= self.patch <= self.MIN_SIDE - self.grid + 1:
            raise ValueError(
                f"patch={self.patch} with grid={self.grid}; images of {self.MIN_SIDE} pixels "
                f"need a patch of 2 to {self.MIN_SIDE - self.grid + 1}, so that no cell is empty"
            )
