"""Features that do not tell an image from its mirror image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from handcraft.features.base import Extractor, Image, Rows, State
from handcraft.features.words.pooled_words import LocalWords

SUFFIX = ":mirror"
"""What follows the name of an extractor in the name of its `Mirrored`."""


@dataclass
class Mirrored(Extractor):
    """The mean of an image's row and its mirror image's.

    A linear classifier scores this row with the mean of its scores of both. It so learns from
    every training image and its mirror image, and looks at both of a test image, with as many rows
    as there are images. What tells left from right is lost.

    Parameters
    ----------
    part
        The extractor of the two rows; see `mirrored`.
    """

    part: Extractor

    @property
    def name(self) -> str:  # type: ignore[override]  # an instance's name comes from its part
        """The part's name, and `SUFFIX`: hog:mirror."""
        return self.part.name + SUFFIX

    @property
    def row_dtype(self) -> type[np.floating[Any]]:  # type: ignore[override]  # as for the name
        """The part's."""
        return self.part.row_dtype

    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Fit the part."""
        self.part.fit(images, rng)
        return self

    def transform(self, images: Sequence[Image]) -> Rows:
        """Return float32 (n_images, n_features); an image and its mirror image have equal rows."""
        rows = self.part.transform(images)
        rows += self.part.transform([np.ascontiguousarray(image[:, ::-1]) for image in images])
        rows /= 2
        return rows

    @property
    def n_features(self) -> int:
        """The part's."""
        return self.part.n_features

    @property
    def feature_names(self) -> list[str]:
        """The part's."""
        return self.part.feature_names

    def to_state(self) -> State:
        """Return plain data; the part's state is nested."""
        return {"name": self.name, "part": self.part.to_state()}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted extractor, part and all, from `to_state`'s output."""
        from handcraft.features import extractor_from_state  # the registry imports this file

        return cls(extractor_from_state(state["part"]))


def mirrored(extractor: Extractor) -> Mirrored:
    """Return the extractor of rows that are the same for an image and its mirror image.

    Parameters
    ----------
    extractor
        Not fitted yet: words of patches or blocks are then learned up to mirroring.
    """
    if isinstance(extractor, LocalWords):
        extractor = replace(extractor, up_to_mirror=True)
    return Mirrored(extractor)
