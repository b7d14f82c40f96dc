"""Named encoders of visual words: `sift-words`, `patch-words`, `hog-words`, `hog-words-wide`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from handcraft.features.local.descriptor import Descriptor
from handcraft.features.local.hog_blocks import HogBlocks
from handcraft.features.local.normalisation import Contrast, Normalisation, RootL1, Unchanged
from handcraft.features.local.patches import Patches
from handcraft.features.local.sift import BinSift
from handcraft.features.local.sizes import LongerSide, SizeRule, Square
from handcraft.features.state import parameter
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.encoding import Encoding
from handcraft.features.words.histogram import Histogram
from handcraft.features.words.pooling import OverlappingPools, Pooling, Pyramid
from handcraft.features.words.sampling import Sampling
from handcraft.features.words.triangle import Triangle
from handcraft.features.words.whitening import Whitening


@dataclass(kw_only=True)
class SiftWords(Encoder):
    """Histograms of visual words: SIFT descriptors, each quantised to its nearest word.

    With ``describe=KeypointSift()`` only corners and blobs count; an image without any is all
    zeros.

    Notes
    -----
    Csurka, Dance, Fan, Willamowski & Bray, "Visual Categorization with Bags of Keypoints", 2004;
    Lazebnik, Schmid & Ponce, "Beyond Bags of Features", 2006, doi:10.1109/CVPR.2006.68; square
    roots as in Vedaldi & Zisserman, 2012, doi:10.1109/TPAMI.2011.153, in place of a
    histogram-intersection kernel, so that a linear classifier does.
    """

    kind: ClassVar[str] = "sift-words"
    row_version: ClassVar[int] = 4
    row_dtype: ClassVar[type[np.floating[Any]]] = np.float32

    n_words: int = parameter(256, low=1, high=1_000_000)
    sample: Sampling = Sampling(images=1_000, descriptors=80_000)
    # A descriptor of the smallest bins needs 7 pixels, a quarter of the smallest side.
    size: SizeRule = LongerSide(smallest=28, largest=256)
    describe: Descriptor = BinSift(bins=(2, 3, 4), min_contrast=1.0)
    normalise: Normalisation = Unchanged()
    whiten: Whitening | None = None
    encode: Encoding = Histogram()
    pool: Pooling = Pyramid(levels=(1, 2, 4))


@dataclass(kw_only=True)
class PatchWords(Encoder):
    """Soft counts of visual words of small colour patches, for small images.

    Notes
    -----
    Coates, Lee & Ng, "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
    2011. Departures: overlapping pools (theirs are the four quarters: cells_across=2, width=1),
    square roots, squared distances in the code, and whitening without axes of little variance. Each
    gains accuracy on CIFAR-10, or saves time without a loss.
    """

    kind: ClassVar[str] = "patch-words"
    row_version: ClassVar[int] = 4

    n_words: int = parameter(800, low=1, high=1_000_000)
    sample: Sampling = Sampling(images=10_000, descriptors=400_000)
    size: SizeRule = Square(smallest=24, largest=48)
    # Figures: accuracy in % with 100 words, 2,000 training and 3,000 other images of CIFAR-10,
    # ridge regression, one seed; the values below reach 57.6, with a standard error of 0.9.
    describe: Descriptor = Patches(side=5)  # 4: 57.4, 7: 53.1
    normalise: Normalisation = Contrast(min_floor=10)  # 10 and not learned: 55.5, none: 55.8
    whiten: Whitening | None = Whitening(
        floor=0.1,  # 0: 55.6, 1: 54.7
        min_variance=0.05,  # 0: 55.6, 0.2: 56.8; fewer axes take less time
    )
    mirror_words: bool = parameter(True)
    encode: Encoding = Triangle()
    pool: Pooling = OverlappingPools(cells_across=5, width=2)  # quarters: 52.8, width 1: 53.9


@dataclass(kw_only=True)
class HogWords(PatchWords):
    """Soft counts of visual words of HOG blocks, which are the same in any colours.

    Blocks do not record exactly where an edge is, nor the colours on its sides, so that these words
    tolerate small deformations. By themselves they are less discriminative than patch words, but
    added to them they gain more than as many further patch words.
    """

    kind: ClassVar[str] = "hog-words"

    # Measured like patch words; the values below reach 56.3.
    describe: Descriptor = HogBlocks(
        cell=3,  # 2: 55.0, 5: 55.9
        orientations=8,  # 6: 55.3, 12: 54.6
    )
    normalise: Normalisation = RootL1(noise=5)  # 0: 55.9, 50: 56.2


@dataclass(kw_only=True)
class WideHogWords(HogWords):
    """HOG words of wider blocks: other words, and beside the narrow ones they add to them."""

    kind: ClassVar[str] = "hog-words-wide"

    # Blocks at every pixel take twice the time, and no accuracy was gained on CIFAR-10.
    describe: Descriptor = HogBlocks(cell=5, step=2)
