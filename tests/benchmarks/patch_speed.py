"""Time patch and HOG words against the machine's own SGEMM and plain numpy, on one thread.

Run `python tests/benchmarks/patch_speed.py` from the top folder. Rows are mirror-invariant, as the
automatic choice has them. Only the products of words with descriptors, and with their mirror
images, count as work, so that the rate beside that of a bare matrix product of the same shape says
what the threshold, the sums and, on the way from the images, the descriptors cost. Times are CPU
times.
"""

from __future__ import annotations

import cv2
import numpy as np
from skimage import data
from threadpoolctl import threadpool_limits
from timing import cpu_milliseconds

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Floats, mirrored_places
from handcraft.features.words.configurations import HogWords, PatchWords, WideHogWords
from handcraft.features.words.whitening import Axes

SIDE = 32
N_IMAGES = 100
KINDS = (PatchWords, HogWords, WideHogWords)
N_WORDS = (400, 800, 1600)


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
    """Return the descriptors of an image of the right size: (n, n_values)."""
    return extractor.normalise.normalised(
        extractor.describe.describe(image).values, extractor.floor_
    )


def whitened(extractor: PatchWords, image: Image) -> Floats:
    """Return the same, whitened: (n, n_axes)."""
    axes = Axes(extractor.mean_, extractor.axes_)
    return extractor.whiten.whitened(normalised(extractor, image), axes)


def plain(extractor: PatchWords, images: list[Image]) -> Floats:
    """Encode as the formulas are written, with values rotated back: ZCA whitening."""
    back = (extractor.axes_ / np.linalg.norm(extractor.axes_, axis=0)).T
    zca, words = extractor.axes_ @ back, extractor.words_ @ back
    grid = extractor.pool.grid
    members = np.eye(grid**2)[extractor.pool.cells(extractor.describe.describe(images[0]).places)].T
    rows = []
    for image in images:
        points = (normalised(extractor, image) - extractor.mean_) @ zca
        lengths = (points**2).sum(axis=1)[:, None]
        squares = lengths - 2 * (points @ words.T) + (words**2).sum(axis=1)
        code = np.maximum(squares.mean(axis=1, keepdims=True) - squares, 0)
        cells = (members @ code).reshape(grid, grid, -1)
        pools = [cells[pool.rows, pool.columns].sum(axis=(0, 1)) for pool in extractor.pool.pools]
        rows.append(np.sqrt(np.concatenate(pools)))
    return np.stack(rows)


def plain_both(extractor: PatchWords, images: list[Image]) -> Floats:
    """Return the mean rows of images and of their mirror images, one after the other."""
    mirrored = [np.ascontiguousarray(image[:, ::-1]) for image in images]
    return (plain(extractor, images) + plain(extractor, mirrored)) / 2


def compare(extractor: PatchWords, images: list[Image]) -> None:
    """Print one line."""
    points = [whitened(extractor, image) for image in images]
    words = np.ascontiguousarray(extractor.words_.T)
    product = np.empty((len(points[0]), words.shape[1]), np.float32)
    encode = extractor.encode.summing_both(extractor.words_, None, extractor._n_odd)
    places = extractor.describe.describe(images[0]).places
    cells = np.stack([extractor.pool.cells(p) for p in (places, mirrored_places(places))])
    n_cells = extractor.pool.grid**2

    bare = 2 * cpu_milliseconds(lambda: [np.matmul(p, words, out=product) for p in points], 5)
    encoding = cpu_milliseconds(lambda: [encode(p, cells, n_cells) for p in points], 5)
    whole = cpu_milliseconds(lambda: extractor.transform(images), 5)
    peer = cpu_milliseconds(lambda: plain_both(extractor, images), 1)

    gflop = 2 * 2e-9 * product.size * len(words) * len(images)
    rates = [gflop / (ms / 1e3) for ms in (bare, encoding, whole)]
    difference = np.abs(plain_both(extractor, images[:5]) - extractor.transform(images[:5])).max()
    print(
        f"{extractor.kind:14} {words.shape[1]:5} {len(words):5}"
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
    print(f"images of {SIDE} x {SIDE} pixels, mirror-invariant; rates in GFLOP/s\n")
    print(
        "features       words  axes   SGEMM  encoding       transform       images/s   plain/s"
        "   ratio  difference"
    )
    for kind in KINDS:
        # Words drawn at random: k-means is not what is timed.
        extractor = kind(n_words=1).mirrored().fit(images)
        white = np.concatenate([whitened(extractor, image) for image in images])
        for n_words in N_WORDS:
            extractor.words_ = white[rng.choice(len(white), n_words, replace=False)]
            compare(extractor, images)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
