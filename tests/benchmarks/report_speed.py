"""Time and size of the report of many test images.

Run `python tests/benchmarks/report_speed.py [FOLDER]` from the top folder. Scores and images are
made up: small PNG files, some of which are confused with the next class. The table shows the
seconds to write the page and its megabytes; the pages stay in FOLDER, if one is given.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from handcraft.classifiers import Softmax
from handcraft.data.image_info import ImageInfo
from handcraft.data.image_set import ImageSet
from handcraft.features import make_extractor
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.report.report import write_report
from handcraft.pipeline.results.record import RunRecord

SIDE = 64
"""Pixels of the made-up images."""


def made_up_images(folder: Path, n_images: int, n_classes: int) -> CheckedImages:
    """Write images of a colour and a grating for each class, with noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    labels = np.arange(n_images) % n_classes
    paths, infos = [], {}
    for i, label in enumerate(labels):
        angle = np.pi * label / n_classes
        grating = np.sin(20 * (x * np.cos(angle) + y * np.sin(angle)) + rng.uniform(0, 6))
        colour = np.array([np.cos(6.28 * label / n_classes + k) for k in (0, 2, 4)])
        image = 128 + 50 * grating[..., None] + 50 * colour + rng.normal(0, 12, (SIDE, SIDE, 1))
        path = folder / f"class {label}" / f"{i:05}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.clip(image, 0, 255).astype(np.uint8))
        paths.append(path)
        infos[path] = ImageInfo(f"{i:032x}", SIDE, SIDE, "PNG")
    return CheckedImages(ImageSet(tuple(paths), labels.astype(np.intp)), infos, ())


def made_up_comparison(images: CheckedImages, n_classes: int) -> Comparison:
    """Return evaluations of two models with random scores, right for about four images in five."""
    names = tuple(f"class {k}" for k in range(n_classes))
    rng = np.random.default_rng(1)
    evaluations = []
    for features, right in (("raw", 2.0), ("hog", 3.5)):
        extractor = make_extractor(features).fit([np.zeros((SIDE, SIDE, 3), np.uint8)])
        rows = rng.normal(size=(3 * n_classes, extractor.n_features)).astype(np.float32)
        given: dict[str, Any] = {"learning_rate": 1e-3, "reg": 1e-2, "whitening": 1.0, "epochs": 1}
        classifier = Softmax(**given).fit(rows, np.arange(len(rows)) % n_classes)
        scores = rng.normal(size=(len(images), n_classes))
        scores[np.arange(len(images)), images.labels] += right
        scores[np.arange(len(images)), (images.labels + 1) % n_classes] += 0.5 * right
        training = Training(features, "softmax", len(images), 0, 0.5 + right / 10, 1.0, 1.0)
        model = Model(extractor, classifier, names, training)
        evaluations.append(Evaluation(model, images, scores, 1.0))
    return Comparison(tuple(evaluations))


def main(folder: Path) -> None:
    """Print the table."""
    print(f"{'images':>8} {'classes':>8} {'seconds':>8} {'MB':>6}")
    for n_images, n_classes in ((10_000, 10), (2_000, 102)):
        place = folder / f"{n_images}-{n_classes}"
        place.mkdir()
        images = made_up_images(place, n_images, n_classes)
        comparison = made_up_comparison(images, n_classes)
        names = comparison.selected.model.class_names
        parts = {"train": images, "test": images}
        record = RunRecord(place, None, names, parts, (), datetime.now(UTC))
        start = time.perf_counter()
        page = write_report(place, record, comparison)
        took = time.perf_counter() - start
        print(f"{n_images:8,} {n_classes:8} {took:8.1f} {page.stat().st_size / 1e6:6.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
