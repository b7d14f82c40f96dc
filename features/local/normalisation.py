"""Normalisation of raw descriptors, for invariance to contrast."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from handcraft.features.local.descriptor import Floats
from handcraft.features.local.stage import Stage
from handcraft.features.state import parameter

TINY = np.float32(1e-30)
"""Lower bound of the sum of a histogram, for one of zeros."""


def inverse_lengths(values: Floats) -> Floats:
    """Return 1 / |x| for each row x, and 0 for a row of zeros: float32 (n, 1)."""
    lengths = np.sqrt(np.einsum("ij,ij->i", values, values))[:, None]
    inverse: Floats = np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return inverse


@dataclass(frozen=True)
class Normalisation(Stage, ABC):
    """Scales descriptors to a common contrast."""

    def learn_floor(self, values: Floats) -> float:
        """Return the floor, learned from a sample of raw descriptors (n, n_values)."""
        return 0.0

    @abstractmethod
    def normalised(self, values: Floats, floor: float) -> Floats:
        """Return the normalised descriptors: float32 (n, n_values)."""


@dataclass(frozen=True)
class Unchanged(Normalisation):
    """Leaves descriptors unchanged."""

    kind: ClassVar[str] = "unchanged"

    def normalised(self, values: Floats, floor: float) -> Floats:
        """Return the same values."""
        return values


@dataclass(frozen=True)
class RootL1(Normalisation):
    """Square roots of histograms that sum to 1: sqrt(x / (sum(x) + noise)).

    Their inner product is the Bhattacharyya coefficient of the two histograms. A histogram of
    zeros stays zero.

    Parameters
    ----------
    noise
        Added to the sum, in the unit of the histogram, to prevent amplification of noise.

    Notes
    -----
    For SIFT descriptors this is RootSIFT: Arandjelovic & Zisserman, "Three Things Everyone Should
    Know to Improve Object Retrieval", 2012, doi:10.1109/CVPR.2012.6248018. For HOG blocks, L1-sqrt:
    Dalal & Triggs, "Histograms of Oriented Gradients for Human Detection", 2005,
    doi:10.1109/CVPR.2005.177.
    """

    kind: ClassVar[str] = "root-l1"

    noise: float = parameter(0.0, low=0, high=1e6)

    def normalised(self, values: Floats, floor: float) -> Floats:
        """Return values of 0 or more; each descriptor has length 1 or less."""
        sums = values.sum(axis=1, keepdims=True) + np.float32(self.noise)
        scaled: Floats = values / np.maximum(sums, TINY)
        np.sqrt(scaled, out=scaled)
        return scaled


@dataclass(frozen=True)
class Contrast(Normalisation):
    """(x - mean(x)) / sqrt(var(x) + floor) for each descriptor x.

    This removes brightness, and contrast far above the floor; a descriptor with contrast far below
    it remains small, so that noise is not amplified.

    Parameters
    ----------
    min_floor
        The least floor, otherwise the mean variance of the sample; in the squared unit of the
        descriptors.

    Notes
    -----
    Coates & Ng, "Learning Feature Representations with K-means", 2012, section 2,
    doi:10.1007/978-3-642-35289-8_30. Departure: their floor is 10 squared grey levels.
    """

    kind: ClassVar[str] = "contrast"

    min_floor: float = parameter(10.0, low=1e-6, high=1e6)

    def learn_floor(self, values: Floats) -> float:
        """Return the mean variance, at least `min_floor`."""
        return max(self.min_floor, float(values.var(axis=1).mean()))

    def normalised(self, values: Floats, floor: float) -> Floats:
        """Return values of mean 0 and a variance below 1."""
        n_values = np.float32(values.shape[1])
        # A product, in a quarter of the time of mean(axis=1).
        means = values @ np.full(values.shape[1], 1 / n_values, np.float32)
        centred: Floats = values - means[:, None]
        variance = np.einsum("ij,ij->i", centred, centred) / n_values
        centred /= np.sqrt(variance + np.float32(floor))[:, None]
        return centred
