"""Time VLAD of photographs of 300 x 200 pixels against OpenCV's SIFT and scikit-learn's neighbours.

Run `python tests/benchmarks/vlad_speed.py` from the top folder. The peer describes the same shapes
at the same points with OpenCV, finds the five nearest words with scikit-learn, and adds up the
residuals with numpy; both on one thread. Beside the whole transform, of shapes and colours, stands
what bare products of all points and words of the same shapes take: its share is what the machine's
SGEMM rate leaves no way around. Times are CPU times.
"""

from __future__ import annotations

import cv2
import numpy as np
from skimage import data
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits
from timing import cpu_milliseconds

from handcraft.data.decode import Image
from handcraft.features.local.descriptor import Floats
from handcraft.features.local.grid import grid_centres, grid_shape
from handcraft.features.local.sift import ScaleSift, grey_image
from handcraft.features.words.encoder import Encoder
from handcraft.features.words.vlad import Vlad, shape_words

SIZE = (300, 200)
N_WORDS = (128, 512)
SHAPES = shape_words().describe
assert isinstance(SHAPES, ScaleSift)
STEP, BIN_SIZE = SHAPES.grid(max(SIZE))


def photographs() -> list[Image]:
    found = [getattr(data, name)() for name in ("astronaut", "coffee", "chelsea", "rocket")]
    resized = [cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA) for image in found]
    return [np.asarray(image, np.uint8) for image in resized]


def opencv_descriptors(image: Image) -> Floats:
    """Return OpenCV's SIFT on our grids: (n, 128) of length 1, scale by scale."""
    parts = []
    for k in range(SHAPES.n_scales):
        width, height = (round(side * 2 ** (-k / 2)) for side in SIZE)
        scaled = cv2.resize(grey_image(image), (width, height), interpolation=cv2.INTER_AREA)
        centres = grid_centres(grid_shape(scaled.shape, STEP, BIN_SIZE), STEP, BIN_SIZE)
        points = [cv2.KeyPoint(float(x), float(y), BIN_SIZE / 1.5, 0.0) for x, y in centres]
        if points:
            parts.append(cv2.SIFT.create().compute(scaled, points)[1])
    values = np.concatenate(parts)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-6), np.float32)


def peer(shapes: Encoder, neighbours: NearestNeighbors, image: Image, places: Floats) -> Floats:
    """Return the row of shapes, with the formulas as they are written."""
    normalised = shapes.normalise.normalised(opencv_descriptors(image), 0.0)
    points = shapes._points(places, normalised)
    words, sums = shapes.words_, np.zeros((2, *shapes.words_.shape), np.float32)
    distances, indices = neighbours.kneighbors(points)
    weights = np.exp(-10 * (distances**2 - distances[:, :1] ** 2))
    weights /= weights.sum(axis=1, keepdims=True)
    for nearest, weight in zip(indices.T, weights.T, strict=True):
        residuals = points - words[nearest]
        np.add.at(sums[0], nearest, weight[:, None] * residuals)
        squares = residuals**2 - shapes._variances[nearest]
        np.add.at(sums[1], nearest, weight[:, None] * squares)
    return shapes.encode.finished(np.concatenate(sums, axis=1)[None])


def with_random_words(images: list[Image], n_words: int) -> Vlad:
    """Return VLAD with words drawn from the images: k-means is not what is timed."""
    vlad = Vlad(n_words=4).fit(images)
    for part, n in ((vlad.shape_, n_words), (vlad.colour_, n_words // vlad.shapes_per_colour)):
        points = np.concatenate([part.placed_points(image)[1] for image in images])
        part.words_ = points[np.random.default_rng(0).choice(len(points), n, replace=False)]
        part.variances_ = part.encode.learn_variances(points, part.words_)
    return vlad


def compare(vlad: Vlad, images: list[Image]) -> None:
    """Print one line."""
    shapes = vlad.shape_
    neighbours = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(shapes.words_)
    placed = [shapes.placed_points(image) for image in images]
    products = [
        (part.placed_points(image)[1], np.ascontiguousarray(part.words_.T))
        for part in (shapes, vlad.colour_)
        for image in images
    ]
    whole = cpu_milliseconds(lambda: vlad.transform(images), 10)
    ours = cpu_milliseconds(lambda: shapes.transform(images), 10)
    bare = cpu_milliseconds(lambda: [points @ words for points, words in products], 10)
    theirs = cpu_milliseconds(
        lambda: [
            peer(shapes, neighbours, image, places)
            for image, (places, _) in zip(images, placed, strict=True)
        ],
        2,
    )
    n = len(images)
    print(
        f"{len(shapes.words_):5} {len(placed[0][0]):7} {whole / n:10.1f} {bare / n:9.1f}"
        f" {bare / whole:6.0%} {ours / n:10.1f} {theirs / n:9.1f} {theirs / ours:5.0f} x",
        flush=True,
    )


def main() -> None:
    """Print the table."""
    cv2.setNumThreads(1)
    images = photographs()
    print(f"photographs of {SIZE[0]} x {SIZE[1]}; milliseconds each, one thread\n")
    print("words  points      whole  products  share     shapes      peer   ratio")
    for n_words in N_WORDS:
        compare(with_random_words(images, n_words), images)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
