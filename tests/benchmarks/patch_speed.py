"""Time patch words against the machine's own SGEMM and a plain numpy version, on one thread.

Run `python tests/benchmarks/patch_speed.py` from the top folder. Of encoding, only the product of
patches and words counts as work, so that its rate beside that of a bare matrix product of the same
shape says what the threshold, the sums and, on the way from the images, the patches cost. Times are
CPU times.
"""

from __future__ import annotations

import cv2
import numpy as np
from skimage import data
from threadpoolctl import threadpool_limits
from timing import cpu_milliseconds

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Floats
from handcraft.features.local.patches import Patches
from handcraft.features.words.configurations import PatchWords
from handcraft.features.words.pooling import OverlappingPools, Pyramid
from handcraft.features.words.triangle import TriangleSums
from handcraft.features.words.whitening import Axes, Whitening

SIDE = 32
N_IMAGES = 100
N_WORDS = (400, 800, 1600, 3200)
POOLS = (Pyramid(levels=(2,)), OverlappingPools(cells_across=5, width=2))
PATCHES = Patches(side=5)
POSITIONS = SIDE - PATCHES.side + 1

PLACES = PATCHES.describe(np.zeros((SIDE, SIDE, 3), np.uint8)).places


def tiles() -> list[Image]:
    """Cut tiles from photographs, each at its own place."""
    photographs = [data.astronaut(), data.coffee(), data.chelsea()]
    rng = np.random.default_rng(0)
    cut = []
    for i in range(N_IMAGES):
        photograph = photographs[i % len(photographs)]
        y, x = (rng.integers(length - SIDE + 1) for length in photograph.shape[:2])
        cut.append(np.ascontiguousarray(photograph[y : y + SIDE, x : x + SIDE]))
    return cut


def normalised(extractor: PatchWords, image: Image) -> Floats:
    """Return the patches of an image of the right size: (n_positions, n_values)."""
    return extractor.normalise.normalised(PATCHES.describe(image).values, extractor.floor_)


def whitened(extractor: PatchWords, image: Image) -> Floats:
    """Return the same, whitened: (n_positions, n_axes)."""
    axes = Axes(extractor.mean_, extractor.axes_)
    return Whitening().whitened(normalised(extractor, image), axes)


def plain(extractor: PatchWords, images: list[Image]) -> Floats:
    """Encode as the formulas are written, with patches rotated back to pixels: ZCA whitening."""
    back = (extractor.axes_ / np.linalg.norm(extractor.axes_, axis=0)).T
    zca, words = extractor.axes_ @ back, extractor.words_ @ back
    members = np.eye(extractor.pool.grid**2)[extractor.pool.cells(PLACES)].T
    rows = []
    for image in images:
        patches = (normalised(extractor, image) - extractor.mean_) @ zca
        lengths = (patches**2).sum(axis=1)[:, None]
        squares = lengths - 2 * (patches @ words.T) + (words**2).sum(axis=1)
        code = np.maximum(squares.mean(axis=1, keepdims=True) - squares, 0)
        cells = (members @ code).reshape(extractor.pool.grid, extractor.pool.grid, -1)
        pools = [cells[pool.rows, pool.columns].sum(axis=(0, 1)) for pool in extractor.pool.pools]
        rows.append(np.sqrt(np.concatenate(pools)))
    return np.stack(rows)


def compare(extractor: PatchWords, images: list[Image]) -> None:
    """Print one line."""
    patches = [whitened(extractor, image) for image in images]
    words = np.ascontiguousarray(extractor.words_.T)
    product = np.empty((POSITIONS**2, len(extractor.words_)), np.float32)
    encode, grid = TriangleSums(extractor.words_), extractor.pool.grid
    cells = extractor.pool.cells(PLACES)

    bare = cpu_milliseconds(lambda: [np.matmul(p, words, out=product) for p in patches], 5)
    encoding = cpu_milliseconds(lambda: [encode(p, cells, grid**2) for p in patches], 5)
    whole = cpu_milliseconds(lambda: extractor.transform(images), 5)
    peer = cpu_milliseconds(lambda: plain(extractor, images), 1)

    gflop = 2e-9 * product.size * len(words) * len(images)
    rates = [gflop / (ms / 1e3) for ms in (bare, encoding, whole)]
    difference = np.abs(plain(extractor, images[:5]) - extractor.transform(images[:5])).max()
    print(
        f"{len(extractor.words_):5} {grid:3}x{grid} {len(words):5}"
        f" {rates[0]:7.0f} {rates[1]:9.0f} {rates[1] / rates[0]:5.0%} {rates[2]:9.0f}"
        f" {rates[2] / rates[0]:5.0%} {1e3 * len(images) / whole:9.0f}"
        f" {1e3 * len(images) / peer:9.0f} {peer / whole:5.1f} x {difference:8.1e}",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    images = tiles()
    rng = np.random.default_rng(0)
    print(f"images of {SIDE} x {SIDE} pixels, patches of {PATCHES.side}; rates in GFLOP/s\n")
    print(
        "words cells  axes   SGEMM  encoding       transform       images/s   plain/s   ratio"
        "  difference"
    )
    for n_words in N_WORDS:
        # Words drawn at random: k-means is not what is timed.
        extractor = PatchWords(n_words=1).fit(images)
        white = np.concatenate([whitened(extractor, image) for image in images[::5]])
        extractor.words_ = white[rng.choice(len(white), n_words, replace=False)]
        for extractor.pool in POOLS:
            compare(extractor, images)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
