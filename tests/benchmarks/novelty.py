"""Train on a folder, and detect images of other folders among its held-out ones.

Run `python tests/benchmarks/novelty.py FOLDER OTHER... [--features hog+hue] [--classifier softmax]`
from the top folder. A fifth of the images of FOLDER is held out, unless it has test images. For
each other folder the area under the ROC curve is printed for the energy, which `handcraft predict`
uses, the largest probability, and the Mahalanobis distance to the nearest class (Lee et al., 2018),
also minus that to all images (Ren et al., 2021), in 128 random projections of the features; and how
many images are marked, of those held out and of the others.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.validation import least_familiar
from handcraft.data.folder import list_images
from handcraft.data.image_set import ImageSet
from handcraft.pipeline.experiment.metrics import roc_auc
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.experiment.prediction import how_familiar
from handcraft.pipeline.experiment.selection import train_selected
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.dataset import hold_out, load_dataset, with_test_images
from handcraft.pipeline.images.intake import CheckedImages, check_images
from handcraft.pipeline.run.context import RunContext

N_PROJECTIONS, SHRINKAGE = 128, 1.0

Rows = NDArray[np.floating[Any]]


class Distances:
    """Mahalanobis' distances in random projections, with covariances shrunk to their mean."""

    def __init__(self, rows: Rows, labels: NDArray[np.intp]) -> None:
        rng = np.random.default_rng(0)
        self.projection = rng.choice(np.float32([-1, 1]), (rows.shape[1], N_PROJECTIONS))
        projected = rows @ self.projection
        self.means = np.array([projected[labels == label].mean(axis=0) for label in set(labels)])
        within = projected - self.means[labels]
        self.mean, self.within = projected.mean(axis=0), _precision(within)
        self.total = _precision(projected - self.mean)

    def nearest(self, rows: Rows) -> Rows:
        """Return the distance to the nearest class."""
        projected = rows @ self.projection
        return np.min([_squared(projected - mean, self.within) for mean in self.means], axis=0)

    def relative(self, rows: Rows) -> Rows:
        """Return it less the distance to the mean of all."""
        return self.nearest(rows) - _squared(rows @ self.projection - self.mean, self.total)


def _precision(rows: Rows) -> Rows:
    covariance = np.cov(rows.T)
    shrunk = SHRINKAGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    return np.linalg.inv(covariance + shrunk)


def _squared(rows: Rows, precision: Rows) -> Rows:
    return np.einsum("ij,jk,ik->i", rows, precision, rows)


def rows_of(model: Model, images: CheckedImages, context: RunContext) -> Rows:
    """Return the features of images."""
    return np.asarray(compute_rows(model.extractor, images, context).rows[:], np.float32)


def strangeness(model: Model, distances: Distances, rows: Rows) -> dict[str, Rows]:
    """Return what may tell strange images apart, the higher the stranger: (n_images,) of each."""
    scores = model.scores(rows)
    return {
        "energy": -how_familiar(model, scores),
        "probability": -model.probabilities(scores).max(axis=1),
        "nearest": distances.nearest(rows),
        "relative": distances.relative(rows),
    }


def main() -> None:
    """Print a line for each other folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("others", type=Path, nargs="+")
    parser.add_argument("--features", default="hog+hue")
    parser.add_argument("--classifier", default="softmax")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        context = RunContext(Path(scratch), arguments.jobs)
        dataset, test = with_test_images(load_dataset(arguments.folder, None, context), seed=0)
        features, classifiers = [arguments.features], [arguments.classifier]
        part, held_out = hold_out(dataset, seed=1)  # tells what is familiar; `test` is for the AUC
        model = train_selected(features, classifiers, "normal", part, 0, context)
        least = least_familiar(how_familiar(model, model.scores(rows_of(model, held_out, context))))
        distances = Distances(rows_of(model, part.training, context), part.training.labels)
        usual = strangeness(model, distances, rows_of(model, test, context))
        print(f"{'':24s}" + "".join(f"{name:>13s}" for name in usual) + "   marked    held out")
        for folder in arguments.others:
            paths, _ = list_images([folder])
            images = check_images(ImageSet(paths, np.zeros(len(paths), np.intp)), context)
            strange = strangeness(model, distances, rows_of(model, images, context))
            labels = np.repeat([0, 1], [len(test), len(images)])
            areas = []
            for name in usual:
                both = np.concatenate([usual[name], strange[name]])
                areas.append(roc_auc(np.column_stack([-both, both]), labels))
            marked = [np.mean(-values["energy"] < least) for values in (strange, usual)]
            line = "".join(f"{area:13.3f}" for area in areas)
            print(f"{folder.name:24s}{line} {marked[0]:8.1%} {marked[1]:11.1%}", flush=True)


if __name__ == "__main__":
    main()
