"""Photographs of 12 megapixels: the time to read them, and to extract features.

Run `python tests/benchmarks/large_photographs.py FOLDER` from the top folder; the images below the
folder are enlarged to 4000 x 3000 pixels. Processor seconds per image with one thread, against
decoding in full with OpenCV, in turn. The features are those that `train` takes for so few.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from handcraft.classifiers.numerics.threads import single_threaded
from handcraft.data.decode import inspect_image, read_image, read_with_info
from handcraft.pipeline.experiment.automatic import EFFORTS, SPECS, Candidate
from handcraft.pipeline.extraction.rows import stored_form

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
    arguments = parser.parse_args()
    sources = sorted(arguments.folder.rglob("*.jpg"))
    sources = sources[:: max(1, len(sources) // arguments.images)][: arguments.images]
    extractor = Candidate(SPECS[0]).extractor(EFFORTS["normal"].words, len(sources)).fit(sources)

    def intake_and_extract(path: Path) -> None:
        inspect_image(path)
        image, _ = read_with_info(path)
        for part in extractor.parts:
            stored_form(part, [image])

    ways: dict[str, Callable[[Path], object]] = {
        "cv2.imread": lambda path: cv2.imread(str(path)),
        "cv2.imread, an eighth, grey": (
            lambda path: cv2.imread(str(path), cv2.IMREAD_REDUCED_GRAYSCALE_8)
        ),
        "intake: hash, check": inspect_image,
        "hash, check, pixels": read_with_info,
        f"intake, and extracting {extractor.name}": intake_and_extract,
    }
    with tempfile.TemporaryDirectory() as folder, single_threaded():
        paths = enlarge(sources, Path(folder))
        rounds = [{name: seconds(way, paths) for name, way in ways.items()} for _ in range(3)]
    full = np.median([times["cv2.imread"] for times in rounds])
    for name in ways:
        median = np.median([times[name] for times in rounds])
        print(f"{name:30s} {1e3 * median:7.1f} ms  {full / median:5.2f} times as fast")


if __name__ == "__main__":
    main()
