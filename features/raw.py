"""Raw pixels: the baseline for engineered features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.attribution import PixelMap, spread
from handcraft.features.base import Extractor, Rows
from handcraft.features.resize import resize, square_batches
from handcraft.features.state import learned, parameter

MIN_STD = 1e-6
"""By rounding, a constant pixel has a std near 1e-9; one level in one image gives 9e-5."""


@dataclass
class Raw(Extractor):
    """Pixels of the image resized to a square, each standardised over the training images.

    Parameters
    ----------
    size
        Side of the square in pixels. Images are resized by `handcraft.features.resize.resize`: area
        averaging where they shrink, linear where they grow, aspect ratio not kept.

    Attributes
    ----------
    mean_, std_
        float64 (n_features,): of the pixels, in [0, 1], of up to `sample_size` training images. A
        pixel that never changes has std_ 1.

    Examples
    --------
    >>> images = np.zeros((2, 32, 32, 3), np.uint8)
    >>> Raw(size=4).fit_transform(images).shape
    (2, 48)
    """

    kind: ClassVar[str] = "raw"
    sample_size: ClassVar[int] = 2_000

    size: int = parameter(32, low=1, high=512)
    mean_: NDArray[np.float64] = learned(np.float64, "n_features", low=0, high=1)
    std_: NDArray[np.float64] = learned(np.float64, "n_features", low=MIN_STD, high=1)

    def collect(self, image: Image, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Return the pixels of the square."""
        return resize(image, self.size, self.size)

    def _learn(self, collected: Sequence[NDArray[np.uint8]]) -> None:
        total, squares = np.zeros(self.n_features), np.zeros(self.n_features)
        for image in collected:
            pixels = image.ravel() / 255.0
            total += pixels
            squares += np.square(pixels)
        self.mean_ = total / len(collected)
        std = np.sqrt(np.maximum(squares / len(collected) - self.mean_**2, 0))
        self.std_ = np.where(std > MIN_STD, std, 1.0)

    def _rows(self, images: Sequence[Image]) -> Rows:
        rows = np.empty((len(images), self.n_features), np.float32)
        start = 0
        for batch in square_batches(images, self.size):
            pixels = batch.reshape(len(batch), -1) / 255.0
            pixels -= self.mean_
            pixels /= self.std_
            rows[start : start + len(batch)] = pixels
            start += len(batch)
        return rows

    def _pixel_shares(self, image: Image, weights: NDArray[np.float64]) -> PixelMap:
        """Give each pixel of the square the values of its three channels."""
        values = self._rows([image])[0] * weights
        return spread(values.reshape(self.size, self.size, 3).sum(axis=2), *image.shape[:2])

    @property
    def largest_side(self) -> int:
        """The side of the square."""
        return self.size

    @property
    def n_features(self) -> int:
        """Three channels of each pixel."""
        return self.size * self.size * 3

    @property
    def feature_names(self) -> list[str]:
        """raw_y03_x17_g: row 3, column 17, green."""
        side = range(self.size)
        return [f"raw_y{y:02}_x{x:02}_{c}" for y in side for x in side for c in "rgb"]
