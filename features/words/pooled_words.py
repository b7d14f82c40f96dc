"""Visual words of small images: soft counts of local descriptors over overlapping pools."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.base import Extractor, Rows
from handcraft.features.local.patches import Whitening, learn_whitening, whiten
from handcraft.features.resize import median_shorter_side, resize
from handcraft.features.state import MAX_SIDE, learned, parameter
from handcraft.features.words.triangle import TriangleSums, overlapping_sums
from handcraft.features.words.vocabulary import learn_mirror_vocabulary, learn_vocabulary

Floats = NDArray[np.float32]

N_SAMPLE_IMAGES = 10_000
N_SAMPLE_DESCRIPTORS = 400_000
DESCRIPTORS_PER_WORD = 500
"""A sample of so many descriptors for each word is enough; at most `N_SAMPLE_DESCRIPTORS` are
drawn."""


@dataclass
class LocalWords(Extractor):
    """Soft counts of visual words: local descriptors, each near to some k-means centres.

    1. Resize the image to a square whose side is learned from the training images.
    2. Describe the surroundings of every position, normalise the contrast, whiten.
    3. Compare each descriptor with every word of the vocabulary by the triangle code
       (`TriangleSums`).
    4. Sum the codes over the cells of a grid, and over each square of neighbouring cells.
    5. Take square roots, so that a texture all over does not count for more than its share.

    What is described is up to a subclass.

    Parameters
    ----------
    n_words
        Words to learn; there are fewer where the training images have fewer different descriptors.
    grid
        Cells along a side of the image.
    pool
        Cells along a side of a pool. There is a pool at every cell: 1 makes the pools the cells,
        2 makes them overlap by half.
    max_side
        Longest side in pixels that images are resized to.
    mirror
        Learn no words that are each other's mirror images, too: twice as many different ones, of
        the same number.

    Attributes
    ----------
    side_
        Side of the square, in pixels: the median shorter side of the training images, from
        `MIN_SIDE` to `max_side`.
    mean_, axes_
        The whitening of descriptors, see `handcraft.features.local.patches.Whitening`.
    words_
        float32 (n_words, n_axes), whitened.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011. Departures: pools that overlap (theirs are the four quarters: grid=2, pool=1), square
    roots, squared distances in the code, and axes of little variance left out of the whitening.
    Each is worth something on CIFAR-10 or costs nothing and saves time.
    """

    row_dtype: ClassVar[type[np.floating[Any]]] = np.float16
    sample_size: ClassVar[int] = N_SAMPLE_IMAGES
    MIN_SIDE: ClassVar[int] = 24

    n_words: int = parameter(800, low=1, high=100_000)
    grid: int = parameter(5, low=1, high=24)
    pool: int = parameter(2, low=1, high=24)
    max_side: int = parameter(48, low=MIN_SIDE, high=MAX_SIDE)
    side_: int = learned(int, low=MIN_SIDE, high=MAX_SIDE)
    n_each_: int = learned(int, low=1)
    mean_: Floats = learned(np.float32, "values")
    axes_: Floats = learned(np.float32, "values", "axes")
    words_: Floats = learned(np.float32, "words", "axes")

    @abstractmethod
    def _n_positions(self, side: int) -> int:
        """Return how many positions there are along the side of an image of `side` pixels."""

    @abstractmethod
    def _describe(self, image: Image) -> Floats:
        """Return raw descriptors of a square image: (n_positions, n_positions, n_values)."""

    @abstractmethod
    def _normalise(self, raw: Floats) -> Floats:
        """Bring raw descriptors (n_descriptors, n_values) to a common contrast."""

    def _learn_contrast(self, raw: Floats) -> None:
        """Learn what `_normalise` needs from a sample of raw descriptors, if anything."""

    def with_budget(self, n_values: int) -> LocalWords:
        """Return the extractor with fewer words, if there are too many."""
        return replace(self, n_words=max(1, min(self.n_words, n_values // self._n_pools**2)))

    @property
    def max_features(self) -> int:
        """(grid - pool + 1)**2 pools times words."""
        return self._n_pools**2 * self.n_words

    @property
    def largest_side(self) -> int:
        """The largest side of the square."""
        return self.max_side

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        self.side_ = median_shorter_side(sizes, self.MIN_SIDE, self.max_side)
        n_drawn = min(N_SAMPLE_DESCRIPTORS, DESCRIPTORS_PER_WORD * self.n_words)
        self.n_each_ = -(-n_drawn // len(sizes))

    def collect(self, image: Image, rng: np.random.Generator) -> list[Floats]:
        """Return some raw descriptors of the image: (n, n_values).

        Those of the same places in the mirror image come second, with `mirror`.
        """
        square = self._at_size(image)
        raws = [self._describe(square)]
        if self.mirror:
            raws.append(self._describe(np.ascontiguousarray(square[:, ::-1]))[:, ::-1])
        chosen = rng.permutation(self._n_positions(self.side_) ** 2)[: self.n_each_]
        return [raw.reshape(-1, raw.shape[-1])[chosen] for raw in raws]

    def _learn(self, collected: Sequence[list[Floats]]) -> None:
        rng = np.random.default_rng(self.seed)
        samples = [np.concatenate(part) for part in zip(*collected, strict=True)]
        self._learn_contrast(samples[0])
        samples = [self._normalise(raw) for raw in samples]
        whitening = learn_whitening(np.concatenate(samples))
        points = [whiten(sample, whitening) for sample in samples]
        if self.mirror:
            self.words_ = learn_mirror_vocabulary(points[0], points[1], self.n_words, rng)
        else:
            self.words_ = learn_vocabulary(points[0], self.n_words, rng)
        self.mean_, self.axes_ = whitening

    def _rows(self, images: Sequence[Image]) -> Rows:
        whitening = Whitening(self.mean_, self.axes_)
        n_positions = self._n_positions(self.side_)
        sum_over_cells = TriangleSums(self.words_, n_positions, self.grid)
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            # One image at a time, so that its bits do not depend on its neighbours.
            raw = self._describe(self._at_size(image))
            points = whiten(self._normalise(raw.reshape(n_positions**2, -1)), whitening)
            cells = sum_over_cells(points.reshape(n_positions, n_positions, -1))
            np.sqrt(overlapping_sums(cells, self.pool).ravel(), out=row)
        return rows

    @property
    def n_features(self) -> int:
        """(grid - pool + 1)**2 pools times words."""
        return self._n_pools**2 * len(self.words_)

    @property
    def feature_names(self) -> list[str]:
        """patch_r0_c1_0042: word 42 in the second pool of the first row of pools."""
        kind = self.kind.replace("-words", "")
        return [
            f"{kind}_r{row}_c{column}_{word:04d}"
            for row in range(self._n_pools)
            for column in range(self._n_pools)
            for word in range(len(self.words_))
        ]

    @property
    def _n_pools(self) -> int:
        return self.grid - self.pool + 1

    def _at_size(self, image: Image) -> Image:
        return resize(image, self.side_, self.side_)

    def _check_parameters(self) -> None:
        if not 1 <= self.pool <= self.grid:
            raise ValueError(
                f"pool={self.pool} with grid={self.grid}; a pool is 1 to grid cells wide"
            )
