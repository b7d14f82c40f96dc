"""Patch words: visual words of small colour patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from handcraft.data.decode import Image
from handcraft.features.local.patches import dense_patches, normalise_contrast
from handcraft.features.state import learned, parameter
from handcraft.features.words.pooled_words import Floats, LocalWords

LEAST_CONTRAST = 10.0
"""Variance of a patch, in squared grey levels, that counts as contrast, and not as noise."""


@dataclass
class PatchWords(LocalWords):
    """Soft counts of visual words of colour patches, see `LocalWords`.

    Parameters
    ----------
    patch
        Side of a patch in pixels.

    The other parameters are those of `LocalWords`.

    Attributes
    ----------
    contrast_
        The mean variance of patches: contrasts much above it are made equal, those below are not.

    The other attributes are those of `LocalWords`.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", 2011.
    Departures are with `LocalWords`, and there is less normalisation of contrast: their floor is
    10, not the mean.
    """

    kind: ClassVar[str] = "patch-words"

    patch: int = parameter(5, low=2, high=24)
    contrast_: float = learned(float, low=LEAST_CONTRAST, high=255.0**2)

    def _n_positions(self, side: int) -> int:
        return side - self.patch + 1

    def _describe(self, image: Image) -> Floats:
        n_positions = self._n_positions(len(image))
        return dense_patches(image, self.patch).reshape(n_positions, n_positions, -1)

    def _learn_contrast(self, raw: Floats) -> None:
        self.contrast_ = max(LEAST_CONTRAST, float(raw.var(axis=1).mean()))

    def _normalise(self, raw: Floats) -> Floats:
        return normalise_contrast(raw, self.contrast_)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if not 2 <= self.patch <= self.MIN_SIDE - self.grid + 1:
            raise ValueError(
                f"patch={self.patch} with grid={self.grid}; images of {self.MIN_SIDE} pixels "
                f"need a patch of 2 to {self.MIN_SIDE - self.grid + 1}, so that no cell is empty"
            )
