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
from handcraft.features.local.patches import (
    Floats,
    Whitening,
    dense_patches,
    normalise_contrast,
    whiten,
)
from handcraft.features.words.patch_words import PatchWords
from handcraft.features.words.triangle import TriangleSums, overlapping_sums

SIDE = 32
N_IMAGES = 100
N_WORDS = (400, 800, 1600, 3200)
GRIDS = ((2, 1), (5, 2))


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


def whitened(extractor: PatchWords, image: Image) -> Floats:
    """Return the patches of an image of the right size: (n_positions * n_positions, n_axes)."""
    patches = normalise_contrast(dense_patches(image, extractor.patch), extractor.contrast_)
    return whiten(patches, Whitening(extractor.mean_, extractor.axes_))


def plain(extractor: PatchWords, images: list[Image]) -> Floats:
    """Encode as the formulas are written, with patches turned back to pixels: ZCA whitening."""
    back = (extractor.axes_ / np.linalg.norm(extractor.axes_, axis=0)).T
    zca, words = extractor.axes_ @ back, extractor.words_ @ back
    side = SIDE - extractor.patch + 1
    edges = np.arange(extractor.grid + 1) * side // extractor.grid
    rows = []
    for image in images:
        patches = normalise_contrast(dense_patches(image, extractor.patch), extractor.contrast_)
        patches = (patches - extractor.mean_) @ zca
        lengths = (patches**2).sum(axis=1)[:, None]
        squares = lengths - 2 * (patches @ words.T) + (words**2).sum(axis=1)
        code = np.maximum(squares.mean(axis=1, keepdims=True) - squares, 0)
        code = code.reshape(side, side, -1)
        cells = np.add.reduceat(np.add.reduceat(code, edges[:-1], 0), edges[:-1], 1)
        rows.append(np.sqrt(overlapping_sums(cells, extractor.pool)).ravel())
    return np.stack(rows)


def compare(extractor: PatchWords, images: list[Image]) -> None:
    """Print one line."""
    n_positions = SIDE - extractor.patch + 1
    patches = [whitened(extractor, image) for image in images]
    squares = [white.reshape(n_positions, n_positions, -1) for white in patches]
    words = np.ascontiguousarray(extractor.words_.T)
    product = np.empty((n_positions**2, len(extractor.words_)), np.float32)
    encode = TriangleSums(extractor.words_, n_positions, extractor.grid)

    bare = cpu_milliseconds(lambda: [np.matmul(p, words, out=product) for p in patches], 5)
    encoding = cpu_milliseconds(lambda: [encode(square) for square in squares], 5)
    whole = cpu_milliseconds(lambda: extractor.transform(images), 5)
    peer = cpu_milliseconds(lambda: plain(extractor, images), 1)

    gflop = 2e-9 * product.size * len(words) * len(images)
    rates = [gflop / (ms / 1e3) for ms in (bare, encoding, whole)]
    difference = np.abs(plain(extractor, images[:5]) - extractor.transform(images[:5])).max()
    print(
        f"{len(extractor.words_):5} {extractor.grid:3}x{extractor.grid} {len(words):5}"
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
    print(f"images of {SIDE} x {SIDE} pixels, patches of {PatchWords().patch}; rates in GFLOP/s\n")
    print(
        "words cells  axes   SGEMM  encoding       transform       images/s   plain/s   ratio"
        "  difference"
    )
    for n_words in N_WORDS:
        # Words drawn at random: k-means is not what is timed.
        extractor = PatchWords(n_words=1).fit(images, rng)
        white = np.concatenate([whitened(extractor, image) for image in images[::5]])
        extractor.words_ = white[rng.choice(len(white), n_words, replace=False)]
        for extractor.grid, extractor.pool in GRIDS:
            compare(extractor, images)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
