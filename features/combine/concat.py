"""Concatenation of extractors, each block brought to the same total variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.features.base import Extractor, Image, Rows, State, sample_images

CHUNK_ROWS = 256
"""Rows in memory at a time: they may be long."""


@dataclass
class Concat(Extractor):
    """Rows of several extractors side by side, so that no long block drowns a short one.

    Each block is centred and divided by the square root of its total variance (the sum over its
    columns), so that blocks of any length and unit have the same say in distances and in the
    penalty on weights.

    Parameters
    ----------
    parts
        The extractors, in order.

    Attributes
    ----------
    means_
        One float64 (part.n_features,) for each part.
    scales_
        One number for each part: the square root of its total variance, or 1 if it is constant.
    """

    SAMPLE: ClassVar[int] = 1_000

    parts: Sequence[Extractor]
    means_: list[NDArray[np.float64]] = field(init=False)
    scales_: list[float] = field(init=False)

    @property
    def name(self) -> str:  # type: ignore[override]  # an instance's name comes from its parts
        """The parts' names joined: hog+hue."""
        return "+".join(part.name for part in self.parts)

    @property
    def row_dtype(self) -> type[np.floating[Any]]:  # type: ignore[override]  # as for the name
        """The shortest of the parts' types: normalised blocks have the range of float16."""
        kinds = [part.row_dtype for part in self.parts]
        return min(kinds, key=lambda kind: np.dtype(kind).itemsize)

    def fit(self, images: Sequence[Image], rng: np.random.Generator) -> Self:
        """Fit each part, then learn the block statistics on a sample of the images."""
        for part in self.parts:
            part.fit(images, rng)
        sample = sample_images(images, self.SAMPLE, rng)
        return self.fit_blocks([part.transform(sample) for part in self.parts])

    def fit_blocks(self, blocks: Sequence[Rows]) -> Self:
        """Learn the block statistics from rows that the fitted parts have already extracted.

        At most about twice `SAMPLE` rows are looked at, evenly spaced.
        """
        self._check_blocks(blocks)
        self.means_, self.scales_ = [], []
        for block in blocks:
            mean, total_variance = _mean_and_total_variance(
                block[:: max(1, len(block) // self.SAMPLE)]
            )
            self.means_.append(mean)
            self.scales_.append(total_variance**0.5 if total_variance > 0 else 1.0)
        return self

    def join(self, blocks: Sequence[Rows]) -> Rows:
        """Normalise and concatenate already extracted rows of the parts, in their order."""
        self._check_blocks(blocks)
        rows = np.empty((len(blocks[0]), self.n_features), np.float32)
        start = 0
        for block, mean, scale in zip(blocks, self.means_, self.scales_, strict=True):
            stop = start + block.shape[1]
            rows[:, start:stop] = (block - mean) / scale
            start = stop
        return rows

    def transform(self, images: Sequence[Image]) -> Rows:
        """Return float32 (n_images, n_features)."""
        return self.join([part.transform(images) for part in self.parts])

    @property
    def n_features(self) -> int:
        """The sum of the parts'."""
        return sum(part.n_features for part in self.parts)

    @property
    def feature_names(self) -> list[str]:
        """The parts' names, in order."""
        return [name for part in self.parts for name in part.feature_names]

    def to_state(self) -> State:
        """Return plain data; the parts' states are nested."""
        return super().to_state() | {"parts": [part.to_state() for part in self.parts]}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild a fitted concatenation, parts and all, from `to_state`'s output."""
        from handcraft.features import extractor_from_state  # the registry imports this file

        parts = [extractor_from_state(part) for part in state["parts"]]
        return super().from_state(state | {"parts": parts})

    def _check_blocks(self, blocks: Sequence[Rows]) -> None:
        got = [block.shape for block in blocks]
        expected = [part.n_features for part in self.parts]
        if [shape[1] for shape in got] != expected or len({shape[0] for shape in got}) > 1:
            raise ValueError(
                f"{self.name} got blocks of shapes {got}; expected as many rows in each and "
                f"{expected} columns, one block for each part in order"
            )


def _mean_and_total_variance(rows: Rows) -> tuple[NDArray[np.float64], float]:
    """Return the mean row and the sum of the columns' variances, a chunk of rows at a time."""
    chunks = np.array_split(rows, len(rows) // CHUNK_ROWS + 1)
    mean = sum(chunk.sum(axis=0, dtype=np.float64) for chunk in chunks) / len(rows)
    return mean, sum(float(((chunk - mean) ** 2).sum()) for chunk in chunks) / len(rows)
