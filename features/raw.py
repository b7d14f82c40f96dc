"""Raw pixels: the baseline that engineered features have to beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.features.base import Extractor, Image, Rows, sample_images
from handcraft.features.resize import square_batches


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
        float64 (n_features,): of the pixels, in [0, 1], of up to `SAMPLE` training images. A pixel
        that never changes has std_ 1.
    """

    name: ClassVar[str] = "raw"
    SAMPLE: ClassVar[int] = 2_000

    size: int = 32
    mean_: NDArray[np.float64] = field(init=False)
    std_: NDArray[np.float64] = field(init=False)

    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Learn the mean and standard deviation of each pixel and channel."""
        sample = sample_images(images, self.SAMPLE, rng)
        total, squares = np.zeros(self.n_features), np.zeros(self.n_features)
        for batch in square_batches(sample, self.size):
            pixels = batch.reshape(len(batch), -1) / 255.0
            total += pixels.sum(axis=0)
            squares += np.square(pixels).sum(axis=0)
        self.mean_ = total / len(sample)
        std = np.sqrt(np.maximum(squares / len(sample) - self.mean_**2, 0))
        # Rounding leaves a constant pixel with a std near 1e-9; one level in one image gives 9e-5.
        self.std_ = np.where(std > 1e-6, std, 1.0)
        return self

    def transform(self, images: Sequence[Image]) -> Rows:
        """Return float32 (n_images, size * size * 3): zero mean, unit variance in training."""
        rows = np.empty((len(images), self.n_features), np.float32)
        start = 0
        for batch in square_batches(images, self.size):
            pixels = batch.reshape(len(batch), -1) / 255.0
            rows[start : start + len(batch)] = (pixels - self.mean_) / self.std_
            start += len(batch)
        return rows

    @property
    def n_features(self) -> int:
        """Three channels of each pixel."""
        return self.size * self.size * 3

    @property
    def feature_names(self) -> list[str]:
        """raw_y03_x17_g: row 3, column 17, green."""
        side = range(self.size)
        return [f"raw_y{y:02}_x{x:02}_{c}" for y in side for x in side for c in "rgb"]
