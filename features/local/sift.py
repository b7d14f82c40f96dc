"""SIFT as local descriptors: of several bin sizes, of several image scales, or at keypoints."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import cv2
import numpy as np

from handcraft.data.decode import Image
from handcraft.features.local.dense_sift import (
    N_ORIENTATIONS,
    N_VALUES,
    dense_sift,
    unit_descriptors,
)
from handcraft.features.local.descriptor import Described, Descriptor, Floats, Indices, mirror_order
from handcraft.features.local.grid import (
    N_BINS,
    Located,
    ScaledGrid,
    bin_extent,
    describe_scales,
    places_of,
)
from handcraft.features.resize import resize
from handcraft.features.state import parameter

MIRROR_ORDER = mirror_order(N_BINS, N_BINS, N_ORIENTATIONS, turn=True)


@dataclass(frozen=True)
class BinSift(Descriptor):
    """Dense SIFT with bins of several sizes, which grow with the image.

    Parameters
    ----------
    bins
        Bin sizes in pixels, in an image whose longer side is `unit_side` pixels.
    unit_side
        Longer side in pixels for each pixel of a bin's unit.
    density
        The step between grid points is sqrt(longer side) / density: the number of descriptors
        grows with the side and not with its square.
    min_contrast
        Fainter descriptors, in grey levels per pixel, are zeros: noise of the camera or of JPEG.
    """

    kind: ClassVar[str] = "sift-bins"
    n_values: ClassVar[int] = N_VALUES
    mirror_order: ClassVar[Indices] = MIRROR_ORDER

    bins: tuple[int, ...] = parameter((2, 3, 4), low=1, high=64)
    unit_side: int = parameter(64, low=1, high=4_096)
    density: float = parameter(4.0, low=0.01, high=100)
    min_contrast: float = parameter(1.0, low=0, high=1_000)

    def grid(self, side: int) -> tuple[int, list[int]]:
        """Return the step and the bin sizes in pixels for images of this longer side."""
        unit = max(1, round(side / self.unit_side))
        return max(1, round(sqrt(side) / self.density)), [unit * n for n in self.bins]

    def min_side(self, side: int) -> int:
        """Return the extent of the smallest descriptors, or a fourth of the longer side."""
        return max(side // 4, bin_extent(min(self.grid(side)[1])))

    def convert(self, image: Image) -> Image:
        """Return the image in grey."""
        return grey_image(image)

    def describe(self, image: Image) -> Described:
        """Describe a grey image; values are of length 1 or 0."""
        step, sizes = self.grid(max(image.shape))
        parts = [dense_sift(image, step, size, self.min_contrast) for size in sizes]
        centres, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Described(places_of(centres, image.shape), values)


@dataclass(frozen=True)
class ScaleSift(ScaledGrid, Descriptor):
    """Dense SIFT with bins of one size, at several scales of the image; see `ScaledGrid`."""

    kind: ClassVar[str] = "sift-scales"
    n_values: ClassVar[int] = N_VALUES
    mirror_order: ClassVar[Indices] = MIRROR_ORDER

    def convert(self, image: Image) -> Image:
        """Return the image in grey."""
        return grey_image(image)

    def describe(self, image: Image) -> Described:
        """Describe a grey image; values are of length 1 or 0."""
        step, bin_size = self.grid(max(image.shape))
        return describe_scales(
            image.shape,
            self.n_scales,
            bin_size,
            lambda height, width: dense_sift(resize(image, height, width), step, bin_size),
        )


@dataclass(frozen=True)
class KeypointSift(Descriptor):
    """OpenCV's SIFT at corners and blobs, each at its own scale and orientation.

    An image without any has no descriptors.
    """

    kind: ClassVar[str] = "sift-keypoints"
    n_values: ClassVar[int] = N_VALUES
    mirror_order: ClassVar[Indices] = MIRROR_ORDER

    def min_side(self, side: int) -> int:
        """Return 1: images of any size may have keypoints."""
        return 1

    def convert(self, image: Image) -> Image:
        """Return the image in grey."""
        return grey_image(image)

    def describe(self, image: Image) -> Described:
        """Describe a grey image; values are of length 1."""
        centres, values = keypoint_sift(image)
        return Described(places_of(centres, image.shape), values)


def keypoint_sift(grey: Image) -> Located:
    """Describe the keypoints that OpenCV's detector finds, at their own scale and orientation.

    Parameters
    ----------
    grey
        uint8 (height, width).

    Returns
    -------
    centres, descriptors
        float32 (n, 2), x and y in pixels, and (n, 128) of length 1; n is 0 where no keypoint is
        found.
    """
    found, descriptors = cv2.SIFT.create().detectAndCompute(grey, None)
    if descriptors is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, N_VALUES), np.float32)
    centres: Floats = np.array([point.pt for point in found], np.float32)
    return centres, unit_descriptors(np.asarray(descriptors, np.float32), min_contrast=0.0)


def grey_image(image: Image) -> Image:
    """Return the luma of an RGB image: uint8 (height, width)."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
