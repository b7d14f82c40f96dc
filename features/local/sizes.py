"""Size rules: the size to which images are resized before they are described."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.local.stage import Stage
from handcraft.features.resize import resize
from handcraft.features.state import MAX_SIDE, parameter

Sizes = NDArray[np.intp]


@dataclass(frozen=True)
class SizeRule(Stage, ABC):
    """Resizes images to one side length, learned from the training images.

    Parameters
    ----------
    smallest, largest
        Limits of the side in pixels.
    """

    smallest: int = parameter(24, low=1, high=MAX_SIDE)
    largest: int = parameter(48, low=1, high=MAX_SIDE)

    @abstractmethod
    def learn(self, sizes: Sizes) -> int:
        """Return the side for images of these heights and widths in pixels: (n_images, 2)."""

    @abstractmethod
    def resized(self, image: Image, side: int, min_side: int) -> Image:
        """Return the resized image, whose sides are at least `min_side`."""

    def _limited(self, side: float) -> int:
        return int(np.clip(side, self.smallest, max(self.smallest, self.largest)))


@dataclass(frozen=True)
class Square(SizeRule):
    """Squares of the median shorter side; the aspect ratio is not kept.

    For small images, so that pooling grids have the same cells in all of them.
    """

    kind: ClassVar[str] = "square"

    def learn(self, sizes: Sizes) -> int:
        """Return the median of the shorter sides, within the limits."""
        return self._limited(float(np.median(sizes.min(axis=1))))

    def resized(self, image: Image, side: int, min_side: int) -> Image:
        """Return a square of the side, or of `min_side` if that is longer."""
        side = max(side, min_side)
        return resize(image, side, side)


@dataclass(frozen=True)
class LongerSide(SizeRule):
    """Images of the median longer side; the aspect ratio is kept."""

    kind: ClassVar[str] = "longer-side"

    def learn(self, sizes: Sizes) -> int:
        """Return the median of the longer sides, within the limits."""
        return self._limited(float(np.median(sizes.max(axis=1))))

    def resized(self, image: Image, side: int, min_side: int) -> Image:
        """Return the image with that longer side; a narrow one is padded by edge replication."""
        scale = side / max(image.shape[:2])
        height, width = (max(1, round(length * scale)) for length in image.shape[:2])
        image = resize(image, height, width)
        missing = [max(0, min_side - length) for length in (height, width)]
        if not any(missing):
            return image
        (top, left), (bottom, right) = zip(*((n // 2, n - n // 2) for n in missing), strict=True)
        padded = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_REPLICATE)
        return np.asarray(padded, np.uint8)
