"""Whitening: descriptors along their principal axes, scaled to unit variance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from handcraft.features.local.descriptor import Floats, Indices
from handcraft.features.local.normalisation import inverse_lengths
from handcraft.features.local.stage import Stage
from handcraft.features.state import parameter

TINY = 1e-12
"""Lower bound of variances, for descriptors that are all equal."""

BLOCK_ROWS = 16_384
"""Descriptors centred at a time."""


class Axes(NamedTuple):
    """The parameters of whitening: z = (x - mean) @ axes."""

    mean: Floats
    """(n_values,)."""

    axes: Floats
    """(n_values, n_axes): principal axes, each divided by the standard deviation along it."""


@dataclass(frozen=True)
class Whitening(Stage):
    """Projects descriptors onto their principal axes and divides by the standard deviations.

    With l the variance along an axis and m the mean of all l, the standard deviation is taken as
    sqrt(l + floor m).

    Parameters
    ----------
    floor
        Prevents amplification of fine detail, which varies little and is mostly noise.
    min_variance
        Axes with l <= min_variance m are dropped; at least one is kept.
    max_axes
        The most axes to keep, those of the largest variances.
    unit
        Scale the whitened descriptors to length 1; zeros stay zeros.

    Notes
    -----
    This is PCA whitening. The ZCA whitening of Coates, Lee & Ng, "An Analysis of Single-Layer
    Networks in Unsupervised Feature Learning", 2011, rotates the result back to pixels, and no
    distance, mean or k-means depends on a rotation. Unlike theirs, this drops axes of little
    variance: this saves half of the work, and most of it for grey images, whose three channels are
    equal.
    """

    kind: ClassVar[str] = "whitening"

    floor: float = parameter(0.0, low=0, high=1_000)
    min_variance: float = parameter(0.0, low=0, high=1)
    max_axes: int = parameter(4_096, low=1, high=4_096)
    unit: bool = parameter(False)

    def learn(self, values: Floats, mirror_order: Indices | None = None) -> Axes:
        """Find the mean and the axes of a sample of descriptors.

        Parameters
        ----------
        values
            float32 (n, n_values), n at least 1.
        mirror_order
            Learn from the mirror images of the descriptors too, see `Descriptor.mirror_order`. The
            odd axes, along which a mirror image has the opposite value, then come before the even
            ones, along which it has the same.
        """
        mean = values.mean(axis=0, dtype=np.float64)
        if mirror_order is not None:
            mean = (mean + mean[mirror_order]) / 2
        centre = mean.astype(np.float32)
        variances, axes = _principal_axes(_covariance(values, centre), mirror_order)
        kept = variances > self.min_variance * variances.mean()
        ascending = np.argsort(variances)
        kept[ascending[: -self.max_axes]] = False
        kept[ascending[-1]] = True
        deviations = np.sqrt(np.maximum(variances[kept] + self.floor * variances.mean(), TINY))
        # Contiguous, as loaded from a model file: the bits of a product depend on the memory
        # layout.
        return Axes(centre, np.ascontiguousarray(axes[:, kept] / deviations, np.float32))

    def n_odd(self, axes: Floats, mirror_order: Indices) -> int | None:
        """Return the number of odd axes, see `learn`; None if some are neither odd nor even."""
        products = np.einsum("ij,ij->j", axes, axes[mirror_order])
        squares = np.einsum("ij,ij->j", axes, axes)
        n_odd = int((products < 0).sum())
        expected = np.where(np.arange(len(products)) < n_odd, -squares, squares)
        return n_odd if (np.abs(products - expected) <= 1e-4 * squares).all() else None

    def whitened(self, values: Floats, learned: Axes) -> Floats:
        """Return whitened descriptors: float32 (n, n_axes)."""
        points = np.empty((len(values), learned.axes.shape[1]), np.float32)
        for start in range(0, len(values), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            np.matmul(values[block] - learned.mean, learned.axes, out=points[block])
        if self.unit:
            points *= inverse_lengths(points)
        return points


def _covariance(values: Floats, centre: Floats) -> NDArray[np.float64]:
    """Return the covariance of descriptors about their mean: (n_values, n_values)."""
    total = np.zeros((values.shape[1], values.shape[1]))
    for start in range(0, len(values), BLOCK_ROWS):
        centred = values[start : start + BLOCK_ROWS] - centre
        total += centred.T @ centred
    return total / len(values)


def _principal_axes(
    covariance: NDArray[np.float64], mirror_order: Indices | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the variances along the principal axes, and these; see `Whitening.learn`.

    float64 (n_values,) and (n_values, n_values), an axis in each column.
    """
    if mirror_order is None:
        variances, axes = np.linalg.eigh(covariance)
        return variances, axes
    # About the mean of both, which is its own mirror image.
    covariance = (covariance + covariance[np.ix_(mirror_order, mirror_order)]) / 2
    # Where P mirrors, C + s P has the axes of C, the even ones with their variance plus s, the odd
    # ones minus s: no eigenvalue is that of both.
    apart = 1 + np.trace(covariance)
    shifted, axes = np.linalg.eigh(covariance + apart * np.eye(len(covariance))[mirror_order])
    return shifted - np.copysign(apart, shifted), axes
