"""Concatenation of extractors, each block scaled to the same total variance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.attribution import PixelMap, pixel_shares
from handcraft.features.base import Extractor, Rows
from handcraft.features.inputs import InputImages
from handcraft.features.sampling import BLOCK_SAMPLE, sample_indices
from handcraft.features.state import learned

CHUNK_ROWS = 256
"""Rows in memory at a time, as they may be long."""

LARGEST = 1e8
"""Bound of feature means, so that rows divided by `LEAST_SCALE` can be squared in float32."""

LEAST_SCALE = 1e-6
"""A block with a smaller scale is constant up to rounding, and is not scaled."""


@dataclass
class Concat(Extractor):
    """Concatenated rows of several extractors, scaled so that no long block dominates a short one.

    Each block is centred and divided by the square root of its total variance (the sum over its
    columns), so that blocks of any length and unit have equal weight in distances and in the
    penalty on weights.

    Parameters
    ----------
    extractors
        In order; `fit` gives them its seed.

    Attributes
    ----------
    mean_
        float64 (n_features,).
    scales_
        float64 (n_extractors,): the square root of each block's total variance, or 1 if it is
        constant.

    Examples
    --------
    >>> from handcraft.features.hue import Hue
    >>> from handcraft.features.raw import Raw
    >>> Concat([Raw(size=4), Hue(bins=6)]).fit(np.zeros((2, 32, 32, 3), np.uint8)).n_features
    83
    """

    kind: ClassVar[str] = "concat"

    extractors: Sequence[Extractor]
    mean_: NDArray[np.float64] = learned(np.float64, "n_features", low=-LARGEST, high=LARGEST)
    scales_: NDArray[np.float64] = learned(np.float64, "n_parts", low=LEAST_SCALE)

    @property
    def name(self) -> str:
        """The parts' names joined: hog+hue."""
        return "+".join(part.name for part in self.extractors)

    @property
    def row_dtype(self) -> type[np.floating[Any]]:  # type: ignore[override]  # follows from the parts
        """The shortest of the parts' types: normalised blocks have the range of float16."""
        kinds = [part.row_dtype for part in self.extractors]
        return min(kinds, key=lambda kind: np.dtype(kind).itemsize)

    @property
    def parts(self) -> Sequence[Extractor]:
        """The extractors."""
        return tuple(self.extractors)

    @property
    def n_parts(self) -> int:
        """The number of extractors."""
        return len(self.extractors)

    @property
    def blocks(self) -> dict[str, int]:
        """Those of the parts."""
        return {name: n for part in self.extractors for name, n in part.blocks.items()}

    def with_parts(self, parts: Sequence[Extractor]) -> Concat:
        """Return a concatenation of these extractors."""
        return replace(self, extractors=tuple(parts))

    def with_seed(self, seed: int) -> Concat:
        """Return the concatenation with this seed, for its extractors too."""
        parts = [part.with_seed(seed) for part in self.extractors]
        return replace(self, extractors=tuple(parts), seed=seed)

    def with_budget(self, n_values: int) -> Concat:
        """Return it with all extractors of variable length shortened by the same share."""
        lengths = [part.max_features for part in self.extractors]
        fixed = sum(part.with_budget(1).max_features for part in self.extractors)
        share = min(1.0, max(0, n_values - fixed) / max(1, sum(lengths) - fixed))
        return self.with_parts(
            [
                part.with_budget(int(share * length))
                for part, length in zip(self.extractors, lengths, strict=True)
            ]
        )

    def mirrored(self) -> Concat:
        """Return the concatenation of the mirrored extractors."""
        return self.with_parts([part.mirrored() for part in self.extractors])

    def suits(self, side: float) -> bool:
        """Whether all parts suit such images."""
        return all(part.suits(side) for part in self.extractors)

    @property
    def n_features(self) -> int:
        """The sum of the parts'."""
        return sum(part.n_features for part in self.extractors)

    @property
    def max_features(self) -> int:
        """The sum of the parts'."""
        return sum(part.max_features for part in self.extractors)

    @property
    def largest_side(self) -> int:
        """The largest of the parts'."""
        return max(part.largest_side for part in self.extractors)

    @property
    def feature_names(self) -> list[str]:
        """The parts' names, in order."""
        return [name for part in self.extractors for name in part.feature_names]

    def _fit(self, images: InputImages) -> None:
        for part in self.extractors:
            part.seed = self.seed
        super()._fit(images)
        self.learn_blocks(self._sample_blocks(images))

    def _sample_blocks(self, images: InputImages) -> list[NDArray[Any]]:
        """Return the input of `learn_blocks`; each image is decoded once for all parts."""
        sample = sample_indices(len(images), BLOCK_SAMPLE, self.seed).tolist()
        blocks = [np.empty((len(sample), p.n_features), p.row_dtype) for p in self.extractors]
        for place, batch in images.batches(sample):
            for block, part in zip(blocks, self.extractors, strict=True):
                block[place] = part.batch_rows(batch)
        return blocks

    def learn_blocks(self, blocks: Sequence[Rows]) -> Self:
        """Learn the block statistics from rows of the fitted parts, as they are stored.

        Parameters
        ----------
        blocks
            For each part, the rows of ``sample_indices(n_images, BLOCK_SAMPLE, seed)``, rounded to
            the part's `row_dtype`.
        """
        self._check_blocks(blocks)
        statistics = [_mean_and_total_variance(block) for block in blocks]
        self.mean_ = np.concatenate([mean for mean, _ in statistics])
        variances = np.array([variance for _, variance in statistics])
        self.scales_ = np.sqrt(np.where(variances > LEAST_SCALE**2, variances, 1.0))
        return self

    def join(self, blocks: Sequence[Rows]) -> Rows:
        """Normalise and concatenate already extracted rows of the parts, in their order."""
        self._check_blocks(blocks)
        rows = np.empty((len(blocks[0]), self.n_features), np.float32)
        edges = np.cumsum([0, *(block.shape[1] for block in blocks)])
        for block, scale, (start, stop) in zip(blocks, self.scales_, pairwise(edges), strict=True):
            rows[:, start:stop] = (block - self.mean_[start:stop]) / scale
        return rows

    def _rows(self, images: Sequence[Image]) -> Rows:
        return self.join([part.batch_rows(images) for part in self.extractors])

    def _pixel_shares(self, image: Image, weights: NDArray[np.float64]) -> PixelMap:
        edges = np.cumsum([part.n_features for part in self.extractors])[:-1]
        of_blocks = zip(self.extractors, np.split(weights, edges), self.scales_, strict=True)
        shares = np.zeros(image.shape[:2])
        for part, block, scale in of_blocks:
            shares += pixel_shares(part, image, block / scale)
        return shares

    def _forget(self) -> None:
        super()._forget()
        for part in self.extractors:
            part._forget()

    def __sklearn_is_fitted__(self) -> bool:
        parts_are = all(part.__sklearn_is_fitted__() for part in self.extractors)
        return parts_are and super().__sklearn_is_fitted__()

    def _nested(self) -> dict[str, Extractor]:
        return {part.kind: part for part in self.extractors}

    def _check_parameters(self) -> None:
        held = self.extractors if isinstance(self.extractors, Sequence) else [self.extractors]
        if not all(isinstance(part, Extractor) for part in held):
            raise ValueError(f"a concatenation got {self.extractors!r}; expected extractors")
        kinds = [part.kind for part in self.extractors]
        if not kinds or len(set(kinds)) < len(kinds):
            raise ValueError(f"a concatenation got {kinds}; expected one or more, each kind once")
        if any(len(part.parts) > 1 for part in self.extractors):
            raise ValueError(f"{self.name}: one concatenation within another; join all in one")
        if self.mirror:
            raise ValueError(f"{self.name}: mirror=True; mirror its parts, as mirrored() does")

    def _check_blocks(self, blocks: Sequence[Rows]) -> None:
        got = [block.shape for block in blocks]
        expected = [part.n_features for part in self.extractors]
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
