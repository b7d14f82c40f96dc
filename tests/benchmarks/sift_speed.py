"""Time dense SIFT against OpenCV's SIFT on the same grid and scikit-image's daisy, one thread each.

Run `python tests/benchmarks/sift_speed.py` from the top folder: tables with milliseconds of CPU
time, their ratio, and how alike the descriptors are (mean cosine similarity to OpenCV's at matched
scale and orientation 0).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data
from skimage.feature import daisy
from threadpoolctl import threadpool_limits
from timing import cpu_milliseconds

from handcraft.features.local.dense_sift import dense_sift
from handcraft.features.local.descriptor import Floats
from handcraft.features.local.grid import Located

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea")
SIZE = (314, 240)
STEP = 4
BIN_SIZES = (4, 6, 8, 12, 16, 24, 32, 48)
N_SCALES = 6

Levels = NDArray[np.uint8]


def load(name: str) -> Levels:
    grey = cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def ours(grey: Levels, bin_size: int) -> Located:
    """Smooth as OpenCV does, from an assumed 0.5 pixels to 1.6, and describe the grid."""
    smooth = cv2.GaussianBlur(np.float32(grey), (0, 0), float(np.sqrt(1.6**2 - 0.5**2)))
    return dense_sift(np.asarray(cv2.convertScaleAbs(smooth), np.uint8), STEP, bin_size)


def ours_all_scales(grey: Levels) -> list[tuple[Floats, Floats, float]]:
    """Describe copies scaled by 2^(-k/2) with bins of 8 px: 8 to 45 px in the photograph."""
    parts = []
    for factor in 2 ** (-np.arange(N_SCALES) / 2):
        small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        parts.append((*ours(np.asarray(small, np.uint8), 8), float(factor)))
    return parts


def opencv_keypoints(centres: Floats, bin_size: float) -> list[cv2.KeyPoint]:
    return [cv2.KeyPoint(float(x), float(y), bin_size / 1.5, 0.0) for x, y in centres]


def compare(
    label: str,
    grey: Levels,
    describe: Callable[[], object],
    keypoints: list[cv2.KeyPoint],
    descriptors: Floats,
) -> None:
    """Print one line: both times, the ratio and the cosine similarity."""
    compute = partial(cv2.SIFT.create().compute, grey, keypoints)
    theirs = compute()[1]
    lengths = np.linalg.norm(theirs, axis=1)
    seen = lengths > 0
    cosine = (np.einsum("ij,ij->i", descriptors, theirs)[seen] / lengths[seen]).mean()
    ms, peer = cpu_milliseconds(describe, 30), cpu_milliseconds(compute, 3)
    print(f"{label} {len(descriptors):12} {ms:8.2f} {peer:10.1f} {peer / ms:6.0f} {cosine:7.4f}")


def main() -> None:
    """Print the three tables."""
    cv2.setNumThreads(1)
    photographs = {name: load(name) for name in PHOTOGRAPHS}
    print(f"one scale, grid of {STEP} px, {SIZE[0]}x{SIZE[1]} grey, smoothing included\n")
    print("photograph   bin px  descriptors  ours ms  OpenCV ms  ratio  cosine")
    for name, grey in photographs.items():
        for size in BIN_SIZES:
            centres, descriptors = ours(grey, size)
            keypoints = opencv_keypoints(centres, size)
            compare(f"{name:<12} {size:6}", grey, partial(ours, grey, size), keypoints, descriptors)
    print(f"\n{N_SCALES} scales half an octave apart, bins of 8 to 45 px in the photograph\n")
    print("photograph           descriptors  ours ms  OpenCV ms  ratio  cosine")
    for name, grey in photographs.items():
        parts = ours_all_scales(grey)
        keypoints = [
            point
            for centres, _, factor in parts
            for point in opencv_keypoints((centres + 0.5) / factor - 0.5, 8 / factor)
        ]
        descriptors = np.concatenate([part for _, part, _ in parts])
        compare(f"{name:<19}", grey, partial(ours_all_scales, grey), keypoints, descriptors)
    print(f"\nscikit-image daisy, grid of {STEP} px, ours with bins of 8 px\n")
    print("photograph    ours ms  daisy ms  ratio")
    for name, grey in photographs.items():
        ms = cpu_milliseconds(partial(ours, grey, 8), 30)
        peer = cpu_milliseconds(partial(daisy, grey, step=STEP), 3)
        print(f"{name:<12} {ms:8.2f} {peer:9.1f} {peer / ms:6.0f}")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
