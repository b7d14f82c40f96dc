"""Time HOG against scikit-image's, on the same images and options, one thread each.

Run `python tests/benchmarks/hog_speed.py` from the top folder: a table with microseconds of CPU
time per image, their ratio, and the largest difference between the two descriptors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage import data
from skimage.feature import hog as skimage_hog
from threadpoolctl import threadpool_limits
from timing import cpu_milliseconds

from handcraft.features.hog import hog

Images = NDArray[np.uint8]
Rows = NDArray[np.floating[Any]]

CASES = (  # number of images, height, width, cell
    (512, 32, 32, 8),
    (512, 32, 32, 4),
    (16, 200, 300, 8),
    (1, 200, 300, 8),
)


def tiles(n_images: int, height: int, width: int) -> Images:
    """Cut tiles from photographs, each at its own place."""
    photographs = [data.astronaut(), data.coffee(), data.chelsea()]
    rng = np.random.default_rng(0)
    cut = []
    for i in range(n_images):
        photograph = photographs[i % len(photographs)]
        y = rng.integers(photograph.shape[0] - height + 1)
        x = rng.integers(photograph.shape[1] - width + 1)
        cut.append(photograph[y : y + height, x : x + width])
    return np.stack(cut)


def main() -> None:
    """Print the table."""
    print("images                   cell   scikit-image        ours   ratio   largest difference")
    for n_images, height, width, cell in CASES:
        images = tiles(n_images, height, width)

        def theirs(images: Images = images, cell: int = cell) -> Rows:
            rows = [skimage_hog(i, 9, (cell,) * 2, (2, 2), channel_axis=2) for i in images]
            return np.stack(rows)

        def ours(images: Images = images, cell: int = cell) -> Rows:
            return hog(images, 9, cell, 2)

        with threadpool_limits(1):
            their_time = 1e3 * cpu_milliseconds(theirs, repeats=3) / n_images
            our_time = 1e3 * cpu_milliseconds(ours, repeats=20) / n_images
        difference = np.abs(theirs() - ours()).max()
        print(
            f"{n_images:4} of {height:3} x {width:3} colour  {cell:4}"
            f"  {their_time:10.0f} us {our_time:8.1f} us  {their_time / our_time:5.1f} x"
            f"  {difference:10.1e}"
        )


if __name__ == "__main__":
    main()
