"""Bag of visual words: the encoder, a chain of stages from images to rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.attribution import PixelMap, at_places
from handcraft.features.base import Extractor, Rows
from handcraft.features.local.descriptor import (
    N_PLACE,
    Described,
    Descriptor,
    Floats,
    mirrored_places,
)
from handcraft.features.local.normalisation import Normalisation, Unchanged
from handcraft.features.local.sizes import SizeRule
from handcraft.features.local.stage import Stage
from handcraft.features.state import MAX_SIDE, Reader, State, check_origin, learned, parameter
from handcraft.features.words.encoding import Encoding
from handcraft.features.words.pooling import Pooling
from handcraft.features.words.sampling import Sampling, draw, joined
from handcraft.features.words.vocabulary import learn_mirror_vocabulary, learn_vocabulary
from handcraft.features.words.whitening import Axes, Whitening

LARGEST = 1e6
"""Bound of learned values: axes reach it if all descriptors are equal. Products of values up to it
stay within float32."""

BLOCK_POINTS = 512
"""Descriptors normalised and whitened at a time: they stay in the CPU cache."""

STAGES: dict[str, type[Stage]] = {
    "sample": Sampling,
    "size": SizeRule,
    "describe": Descriptor,
    "normalise": Normalisation,
    "whiten": Whitening,
    "encode": Encoding,
    "pool": Pooling,
}
"""The parameters of `Encoder` that are stages, and their types."""


@dataclass(kw_only=True)
class Encoder(Extractor):
    """Encodes an image as sums over its local descriptors, compared with visual words.

    1. Sample: some descriptors of some training images.
    2. Size: resize the image to a size learned from the training images.
    3. Describe: local descriptors, and their places.
    4. Normalise their contrast.
    5. Whiten along their principal axes.
    6. Append the place, weighted, if words are to depend on places.
    7. Vocabulary: the words are the cluster centres of the sample by k-means.
    8. Encode: compare each point with the words.
    9. Pool: sum the codes over regions of the image.

    `sift-words`, `patch-words`, `hog-words` and `vlad` are built on it; other choices of stages
    give other extractors.

    Parameters
    ----------
    n_words
        Vocabulary size; smaller if the sample has fewer different descriptors.
    sample, size, describe, normalise, whiten, encode, pool
        The stages. Without `whiten`, descriptors are not whitened.
    place_weight
        The distance between opposite edges of the image, and from the finest scale to the coarsest,
        relative to a descriptor of length 1; 0 appends no place.
    mirror_words
        With `mirror`, learn no words that are mirror images of each other, so that twice as many
        are different.

    Attributes
    ----------
    side_
        Side in pixels to which images are resized, see `size`.
    per_image_
        Descriptors sampled of each training image.
    floor_
        See `handcraft.features.local.normalisation.Normalisation`.
    mean_, axes_
        float32 (n_values,) and (n_values, n_axes), see `whitening.Axes`; absent without `whiten`.
    words_
        float32 (n_words, n_axes), with three axes more where places are appended.
    variances_
        float32, the shape of `words_`: the per-word variance, where `encode` needs it.

    Examples
    --------
    A combination without a name, SIFT descriptors with the triangle code:

    >>> from handcraft.features.local.sift import BinSift
    >>> from handcraft.features.local.sizes import LongerSide
    >>> from handcraft.features.words.pooling import OverlappingPools
    >>> from handcraft.features.words.triangle import Triangle
    >>> Encoder(
    ...     n_words=100,
    ...     size=LongerSide(smallest=28, largest=256),
    ...     describe=BinSift(),
    ...     whiten=Whitening(floor=0.1),
    ...     encode=Triangle(),
    ...     pool=OverlappingPools(cells_across=3, width=2),
    ... ).max_features
    400
    """

    kind: ClassVar[str] = "words"
    row_version: ClassVar[int] = 5
    row_dtype: ClassVar[type[np.floating[Any]]] = np.float16

    n_words: int = parameter(256, low=1, high=1_000_000)
    sample: Sampling = Sampling()
    size: SizeRule
    describe: Descriptor
    normalise: Normalisation = Unchanged()
    whiten: Whitening | None = None
    place_weight: float = parameter(0.0, low=0, high=1_000)
    mirror_words: bool = parameter(False)
    encode: Encoding
    pool: Pooling
    side_: int = learned(int, low=1, high=MAX_SIDE)
    per_image_: int = learned(int, low=1)
    floor_: float = learned(float, low=0, high=LARGEST)
    mean_: Floats = learned(np.float32, "n_values", low=-LARGEST, high=LARGEST, optional=True)
    axes_: Floats = learned(
        np.float32, "n_values", "n_axes", low=-LARGEST, high=LARGEST, optional=True
    )
    words_: Floats = learned(np.float32, "words", "n_point", low=-LARGEST, high=LARGEST)
    variances_: Floats = learned(np.float32, "words", "n_point", low=0, high=LARGEST, optional=True)

    @property
    def sample_size(self) -> int:  # type: ignore[override]  # follows from a parameter
        """The most images that `fit` looks at."""
        return self.sample.images

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        self.side_ = self.size.learn(sizes)
        self.per_image_ = self.sample.per_image(len(sizes), self.n_words)

    def collect(self, image: Image, rng: np.random.Generator) -> Described:
        """Return some raw descriptors of an image, and their places."""
        return draw(self._described(image), self.per_image_, rng)

    def _learn(self, collected: Sequence[Described]) -> None:
        places, values = joined(collected, self.n_values)
        self.floor_ = self.normalise.learn_floor(values)
        values = self.normalise.normalised(values, self.floor_)
        order = self.describe.mirror_order if self.mirror and self.mirror_words else None
        if self.whiten is not None:
            self.mean_, self.axes_ = self.whiten.learn(values, order)
        points = self._points(places, values)
        rng = np.random.default_rng(self.seed)
        if order is None:
            self.words_ = learn_vocabulary(points, self.n_words, rng)
        else:
            mirrored = self._points(mirrored_places(places), values[:, order])
            self.words_ = learn_mirror_vocabulary(points, mirrored, self.n_words, rng)
        if self.encode.needs_variances:
            self.variances_ = self.encode.learn_variances(points, self.words_)

    def _rows(self, images: Sequence[Image]) -> Rows:
        sum_over_cells = self.encode.summing(self.words_, self._variances)
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            # One image at a time, so that results do not depend on the batch.
            places, points = self.placed_points(image)
            sums = sum_over_cells(points, self.pool.cells(places), self.pool.grid**2)
            row[:] = self.encode.finished(self.pool.pooled(sums))
        return rows

    def _mirrored_rows(self, images: Sequence[Image]) -> Rows:
        n_odd = self._n_odd
        if n_odd is None:
            return super()._mirrored_rows(images)
        sum_both = self.encode.summing_both(self.words_, self._variances, n_odd)
        rows = np.empty((len(images), self.n_features), np.float32)
        for row, image in zip(rows, images, strict=True):
            places, points = self.placed_points(image)
            cells = np.stack([self.pool.cells(p) for p in (places, mirrored_places(places))])
            both = sum_both(points, cells, self.pool.grid**2)
            row[:] = sum(self.encode.finished(self.pool.pooled(sums)) for sums in both)
        rows /= 2
        return rows

    def _pixel_shares(self, image: Image, weights: NDArray[np.float64]) -> PixelMap:
        """Distribute each value over the descriptors in proportion to their contributions.

        A descriptor's share is assigned to the pixel at its centre.
        """
        places, points = self.placed_points(image)
        cells = self.pool.cells(places)
        sum_over_cells = self.encode.summing(self.words_, self._variances)
        sums = self.pool.pooled(sum_over_cells(points, cells, self.pool.grid**2))
        values = self.encode.by_word(weights * self.encode.finished(sums), sums.shape)
        factors = np.divide(values, sums, out=np.zeros_like(values), where=sums != 0)
        shares = self.encode.code_products(
            points, cells, self.pool.over_cells(factors), self.words_, self._variances
        )
        return at_places(shares, places, *image.shape[:2])

    def placed_points(self, image: Image) -> tuple[Floats, Floats]:
        """Return the places of an image's descriptors, and the points to compare with words.

        float32 (n, 3) and (n, n_axes), see `Described`.
        """
        places, values = self._described(image)
        points = np.empty((len(values), self.n_point), np.float32)
        for start in range(0, len(values), BLOCK_POINTS):
            block = slice(start, start + BLOCK_POINTS)
            normalised = self.normalise.normalised(values[block], self.floor_)
            points[block] = self._points(places[block], normalised)
        return places, points

    @property
    def _n_odd(self) -> int | None:
        """The number of odd axes, see `Whitening.learn`; None if mirroring does more."""
        if not self.describe.symmetric or self.whiten is None or self.place_weight > 0:
            return None
        return self.whiten.n_odd(self.axes_, self.describe.mirror_order)

    @property
    def _variances(self) -> Floats | None:
        return vars(self).get("variances_")

    def _described(self, image: Image) -> Described:
        """Return the raw descriptors of an image of any size."""
        min_side = self.describe.min_side(self.side_)
        sized = self.size.resized(self.describe.convert(image), self.side_, min_side)
        return self.describe.describe(sized)

    def _points(self, places: Floats, values: Floats) -> Floats:
        """Return the points to compare with words: float32 (n, n_axes), with or without places."""
        if self.whiten is not None:
            values = self.whiten.whitened(values, Axes(self.mean_, self.axes_))
        if self.place_weight == 0:
            return values
        return np.hstack([values, np.float32(self.place_weight) * places])

    @property
    def _needed(self) -> list[str]:
        """The optional values that the stages learn."""
        whitening = [] if self.whiten is None else ["mean_", "axes_"]
        return [*whitening, *(["variances_"] if self.encode.needs_variances else [])]

    @property
    def n_values(self) -> int:
        """The length of a raw descriptor."""
        return self.describe.n_values

    @property
    def n_point(self) -> int:
        """The length of the points compared with words; known after whitening."""
        n_axes = self.n_values if self.whiten is None else self.axes_.shape[1]
        return int(n_axes) + (N_PLACE if self.place_weight > 0 else 0)

    @property
    def n_features(self) -> int:
        """Pools times words times values per word."""
        n_words: int
        n_words, n_axes = self.words_.shape
        return len(self.pool.pools) * n_words * self.encode.values_per_word(n_axes)

    @property
    def max_features(self) -> int:
        """The same, with `n_words` words and all axes."""
        return self.n_words * self.max_per_word

    @property
    def max_per_word(self) -> int:
        """The most features per word."""
        n_axes = self.n_values if self.whiten is None else min(self.n_values, self.whiten.max_axes)
        n_place = 0 if self.place_weight == 0 else N_PLACE
        return len(self.pool.pools) * self.encode.values_per_word(n_axes + n_place)

    @property
    def feature_names(self) -> list[str]:
        """`patch_r0_c1_0042`: word 42 in the second pool of the first row of pools."""
        prefix = self.kind.replace("-words", "")
        return [f"{prefix}_{name}" for name in self.value_names]

    @property
    def value_names(self) -> list[str]:
        """The names of the features without the extractor's prefix."""
        pools = [pool.name for pool in self.pool.pools]
        return self.encode.value_names(pools, *self.words_.shape)

    @property
    def largest_side(self) -> int:
        """The largest side to which `size` may resize images."""
        return self.size.largest

    def with_budget(self, n_values: int) -> Self:
        """Return the extractor with the most words for `n_values` features, at least one."""
        return replace(self, n_words=max(1, min(self.n_words, n_values // self.max_per_word)))

    def _check_parameters(self) -> None:
        for name, kind in STAGES.items():
            stage = getattr(self, name)
            if not isinstance(stage, kind) and not (stage is None and name == "whiten"):
                raise ValueError(f"{self.name}: {name}={stage!r}; expected a {kind.__name__}")

    @classmethod
    def from_state(cls, state: State, read: Reader | None = None) -> Self:
        """Rebuild a fitted encoder from `to_state`'s output; see `Extractor.from_state`."""
        # Before the stages: those of another version may have other parameters.
        check_origin(state, cls.kind, "row_version", cls.row_version)
        stages = {
            name: None if state[name] is None else kind.from_state(state[name])
            for name, kind in STAGES.items()
            if name in state
        }
        return super().from_state({**state, **stages}, read)

    def __sklearn_is_fitted__(self) -> bool:
        needed = [vars(self).get(name) is not None for name in self._needed]
        return all(needed) and super().__sklearn_is_fitted__()
