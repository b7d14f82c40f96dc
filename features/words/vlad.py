"""VLAD: large images as the residuals of their local shapes and colours to visual words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import Image
from handcraft.features.attribution import PixelMap, pixel_shares
from handcraft.features.base import Extractor, Rows
from handcraft.features.local.descriptor import Described
from handcraft.features.local.lab_statistics import LabStatistics, has_colour
from handcraft.features.local.normalisation import RootL1, Unchanged
from handcraft.features.local.sift import ScaleSift
from handcraft.features.local.sizes import LongerSide
from handcraft.features.state import learned, parameter
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.pooling import Pyramid
from handcraft.features.words.residuals import Residuals
from handcraft.features.words.sampling import Sampling
from handcraft.features.words.whitening import Whitening

SMALL_SIDE = 64
"""Images with a shorter side up to this, in pixels, have hardly any shapes of several sizes."""

Collected = tuple[bool, Described, Described]


def shape_words() -> Encoder:
    """Return the encoder of shapes: RootSIFT at six scales."""
    return Encoder(
        sample=Sampling(images=400, descriptors=100_000),
        size=LongerSide(smallest=64, largest=320),
        # In photographs of 300 pixels every sixth pixel in bins of 12: 86.8 % in five folds of half
        # the classes of Caltech-101 (1,530 images, ridge regression). Every eighth pixel and twice
        # the words take as long: 86.0, with a standard error of the difference of 0.35. Bins of 8
        # take longer: 86.8; with every fourth pixel and twice the words three times as long: 87.0.
        describe=ScaleSift(step=3, bin_size=6, n_scales=6),
        normalise=RootL1(),
        whiten=Whitening(min_variance=1e-5, max_axes=64, unit=True),
        place_weight=1.2,  # 0.8: 85.5, 1.7: 86.1
        # A sharpness of 5: 86.5, of 20: 86.6.
        encode=Residuals(n_nearest=5, sharpness=10, second_order=0.5),
        pool=Pyramid(levels=(1,)),
    )


def colour_words() -> Encoder:
    """Return the encoder of colours, in squares of the same size at every eighth pixel."""
    return replace(
        shape_words(),
        describe=LabStatistics(step=4, bin_size=6, n_scales=6),
        normalise=Unchanged(),
        whiten=Whitening(min_variance=1e-5, max_axes=40, unit=True),
    )


@dataclass(kw_only=True)
class Vlad(Extractor):
    """Two bags of visual words encoded as residuals, of shapes and of colours, concatenated.

    Parameters
    ----------
    n_words
        Vocabulary size for shapes. 512 is as good as 1,024 on Caltech-101, and loses 0.4 percentage
        points on scenes in grey, with a standard error of 0.4.
    shapes_per_colour
        Words for shapes per word for colours. 128 words for colours in place of 256 lost 0.4
        percentage points on Caltech-101, with a standard error of 0.2.
    colour_weight
        Weight of colours in the inner product of two rows, relative to shapes. On 21 classes
        of Caltech-101 (10 training and 20 other images each, 128 words, ridge regression) 0, 0.15,
        0.3 and 0.6 reached 76.4, 79.0, 79.0 and 79.5 %, with a standard error of 2.
    min_coloured
        The least share of training images with colour for which colours are used.
    shape, colour
        The encoders; their vocabulary sizes and seeds are set from here.

    Attributes
    ----------
    shape_, colour_
        The fitted encoders.
    coloured_
        Share of the training images with colour.

    Notes
    -----
    Jegou, Douze, Schmid & Perez, "Aggregating Local Descriptors into a Compact Image
    Representation", 2010; the scales and the appended x and y as in VLFeat's `apps/recognition`.
    Departures from it: steps and bins grow with the image, see `ScaleSift`, the scale is appended,
    descriptors are scaled to length 1 after whitening, and colours are added, and squares of
    residuals, see `Residuals`.
    """

    kind: ClassVar[str] = "vlad"
    row_version: ClassVar[int] = 5
    row_dtype: ClassVar[type[np.floating[Any]]] = np.float16

    n_words: int = parameter(512, low=1, high=1_000_000)
    shapes_per_colour: int = parameter(2, low=1, high=1_000)
    colour_weight: float = parameter(0.3, low=0, high=1_000)
    min_coloured: float = parameter(0.1, low=0, high=1)
    shape: Encoder = field(default_factory=shape_words)
    colour: Encoder = field(default_factory=colour_words)
    shape_: Encoder = learned(Encoder)
    colour_: Encoder = learned(Encoder)
    coloured_: float = learned(float, low=0, high=1)

    @property
    def sample_size(self) -> int:  # type: ignore[override]  # follows from a parameter
        """The most images that `fit` looks at, for both."""
        return max(self.shape.sample_size, self.colour.sample_size)

    def _learn_sizes(self, sizes: NDArray[np.intp]) -> None:
        self.shape_ = replace(self.shape, n_words=self.n_words, seed=self.seed)
        self.colour_ = replace(self.colour, n_words=self._n_colours, seed=self.seed)
        self.shape_.learn_sizes(sizes)
        self.colour_.learn_sizes(sizes)

    def collect(self, image: Image, rng: np.random.Generator) -> Collected:
        """Return whether the image has colour, and the sample of both encoders."""
        shapes, colours = (part.collect(image, rng) for part in (self.shape_, self.colour_))
        return has_colour(image), shapes, colours

    def _learn(self, collected: Sequence[Collected]) -> None:
        with_colour, shapes, colours = zip(*collected, strict=True)
        self.coloured_ = float(np.mean(with_colour))
        self.shape_.learn(shapes)
        self.colour_.learn(colours if self._has_colours else [])

    def _rows(self, images: Sequence[Image]) -> Rows:
        rows = [part.batch_rows(images) * np.float32(factor) for part, factor in self._scaled]
        return np.concatenate(rows, axis=1)

    def _pixel_shares(self, image: Image, weights: NDArray[np.float64]) -> PixelMap:
        of_shapes, of_colours = np.split(weights, [self.shape_.n_features])
        shares = np.zeros(image.shape[:2])
        for (part, factor), block in zip(self._scaled, (of_shapes, of_colours), strict=False):
            shares += pixel_shares(part, image, factor * block)
        return shares

    @property
    def _has_colours(self) -> bool:
        return self.coloured_ >= self.min_coloured

    @property
    def _scaled(self) -> list[tuple[Encoder, float]]:
        """The encoders of a row, and the factors of their rows."""
        colours = [(self.colour_, self.colour_weight)] if self._has_colours else []
        parts = [(self.shape_, 1.0), *colours]
        total = sum(weight for _, weight in parts)
        return [(part, float(np.sqrt(weight / total))) for part, weight in parts]

    @property
    def _n_colours(self) -> int:
        return -(-self.n_words // self.shapes_per_colour)

    @property
    def blocks(self) -> dict[str, int]:
        """Those of shapes and of colours."""
        kinds = zip(("shapes", "colours"), self._scaled, strict=False)
        return {f"{self.name} {kind}": part.n_features for kind, (part, _) in kinds}

    @property
    def n_features(self) -> int:
        """The sum of both, or that of shapes where the training images have no colours."""
        return sum(part.n_features for part, _ in self._scaled)

    @property
    def max_features(self) -> int:
        """The sum of both, with all words and axes."""
        return self.n_words * self.shape.max_per_word + self._n_colours * self.colour.max_per_word

    @property
    def feature_names(self) -> list[str]:
        """`shape_mean_l1_r0_c0_0042_07`: the residual of word 42 along its eighth axis.

        The last three axes of a word are x, y and scale.
        """
        kinds = zip(("shape", "colour"), self._scaled, strict=False)
        return [f"{kind}_{name}" for kind, (part, _) in kinds for name in part.value_names]

    @property
    def largest_side(self) -> int:
        """The larger of both."""
        return max(self.shape.largest_side, self.colour.largest_side)

    def suits(self, side: float) -> bool:
        """Whether images may show shapes of several sizes."""
        return side > SMALL_SIDE

    def with_budget(self, n_values: int) -> Self:
        """Return the extractor with as many words as `n_values` features allow, at least one."""
        per_colour = self.shapes_per_colour * self.shape.max_per_word + self.colour.max_per_word
        n_words = n_values // per_colour * self.shapes_per_colour
        return replace(self, n_words=max(1, min(self.n_words, n_words)))

    def _check_parameters(self) -> None:
        for name in ("shape", "colour"):
            if not isinstance(getattr(self, name), Encoder):
                raise ValueError(
                    f"{self.name}: {name}={getattr(self, name)!r}; expected an Encoder"
                )

    def _nested(self) -> dict[str, Extractor]:
        held = {"shape": self.shape, "colour": self.colour}
        return {name: part for name, part in held.items() if isinstance(part, Extractor)}
