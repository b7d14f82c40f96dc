"""A codebook of local descriptors: principal axes, words along them, and an image's VLAD."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from handcraft.features.local.patches import Whitening, learn_whitening, whiten
from handcraft.features.words.encoding import Floats, residual_sums, vlad, word_variances
from handcraft.features.words.vocabulary import learn_vocabulary

PLACE_WEIGHT = 1.2
"""Distance between opposite edges of an image, and from the finest scale to the coarsest, where a
descriptor has length 1."""

SMALLEST_VARIANCE = 1e-5
"""Axes of less than this share of the mean variance are left out: whitening would blow up what
rounding leaves there."""


class Codebook(NamedTuple):
    """What turns local descriptors into a VLAD."""

    mean: Floats
    """(n_values,)."""

    axes: Floats
    """(n_values, n_axes): principal axes, each divided by the spread along it."""

    words: Floats
    """(n_words, n_axes + 3)."""

    variances: Floats
    """(n_words, n_axes + 3): the usual squared differences to each word."""

    def encode(self, descriptors: Floats, places: Floats) -> dict[str, Floats]:
        """Return the VLADs of an image's descriptors: `mean` of first, `spread` of second order.

        Each is float32 (n_words * (n_axes + 3),) of length 1; all zeros where nothing differs.

        Parameters
        ----------
        descriptors
            float32 (n, n_values).
        places
            float32 (n, 3): x and y as shares of the width and the height, and the scale, as a share
            of the range of scales.
        """
        points = _embed(descriptors, places, Whitening(self.mean, self.axes))
        first, second = residual_sums(points, self.words, self.variances)
        return {"mean": vlad(first), "spread": vlad(second)}


def learn_codebook(
    descriptors: Floats, places: Floats, n_axes: int, n_words: int, rng: np.random.Generator
) -> Codebook:
    """Learn the axes and the words from a sample of descriptors.

    Parameters
    ----------
    descriptors, places
        See `Codebook.encode`; of many images.
    n_axes, n_words
        There are fewer axes where the descriptors vary along fewer, and fewer words where there are
        fewer different descriptors.
    """
    whitening = learn_whitening(descriptors, floor=0.0, smallest=SMALLEST_VARIANCE)
    # They come in rising order. Contiguous, as a model file gives them back: the memory layout
    # decides the bits of a product.
    axes = np.ascontiguousarray(whitening.axes[:, -n_axes:])
    whitening = Whitening(whitening.mean, axes)
    points = _embed(descriptors, places, whitening)
    words = learn_vocabulary(points, n_words, rng)
    return Codebook(*whitening, words, word_variances(points, words))


def _embed(descriptors: Floats, places: Floats, whitening: Whitening) -> Floats:
    """Return the points that words are centres of: float32 (n, n_axes + 3).

    The first n_axes values are the whitened descriptor, scaled to length 1; the last three are
    its place, which the words so tell apart without a pyramid.
    """
    whitened = whiten(descriptors, whitening)
    lengths = np.sqrt(np.einsum("ij,ij->i", whitened, whitened))[:, None]
    whitened *= np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return np.hstack([whitened, np.float32(PLACE_WEIGHT) * places])
