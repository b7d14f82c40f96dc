"""Photographs of 12 megapixels: how long it takes to read them, and to extract features too.

Run `python tests/benchmarks/large_photographs.py FOLDER` from the top folder; the images below the
folder are enlarged to 4000 x 3000 pixels. Processor seconds per image, against decoding in full
with OpenCV, in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from handcraft.data.decode import read_image, read_with_info
from handcraft.features import make_extractor

SIZE = (4_000, 3_000)


def enlarge(sources: Sequence[Path], folder: Path) -> list[Path]:
    """Write each image at 4000 x 3000 pixels, with the noise of a camera."""
    made = []
    for number, source in enumerate(sources):
        image = cv2.resize(read_image(source), SIZE, interpolation=cv2.INTER_CUBIC)
        noise = np.random.default_rng(number).normal(0, 2, image.shape)
        made.append(folder / f"{number}.jpg")
        cv2.imwrite(str(made[-1]), np.clip(image + noise, 0, 255).astype(np.uint8)[..., ::-1])
    return made


def seconds(work: Callable[[Path], object], paths: Sequence[Path]) -> float:
    """Return the processor seconds per image."""
    start = time.process_time()
    for path in paths:
        work(path)
    return (time.process_time() - start) / len(paths)


def main() -> None:
    """Print a line for each way to read."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of images")
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--features", default="vlad")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sources = sorted(arguments.folder.rglob("*.jpg"))
    sources = sources[:: max(1, len(sources) // arguments.images)][: arguments.images]
    with tempfile.TemporaryDirectory() as folder:
        paths = enlarge(sources, Path(folder))
        extractor = make_extractor(arguments.features).fit(sources)
        ways: dict[str, Callable[[Path], object]] = {
            "cv2.imread": lambda path: cv2.imread(str(path)),
            "hash, check, pixels": read_with_info,
            "read twice, and extract": lambda path: (
                read_with_info(path),
                extractor.transform([read_image(path)]),
            ),
        }
        timed = {name: [seconds(way, paths) for _ in range(3)] for name, way in ways.items()}
    full = np.median(timed["cv2.imread"])
    for name, times in timed.items():
        ratio = full / np.median(times)
        print(f"{name:24s} {1e3 * np.median(times):7.1f} ms  {ratio:5.2f} times as fast")


if __name__ == "__main__":
    main()
