"""Writes the golden files: small models, and what they have to give.

    python tests/golden/make.py [NAME ...] [--overwrite]

A file is a model file, of an extractor and a classifier fitted on a few small images, that holds
more: other images, and their rows and scores. Its name ends in the extractor's row version. When a
version is raised, the new file is written beside the old one, which stays: that it is refused is
tested, too. A file is overwritten only if it was never released.
"""

import argparse
from pathlib import Path

import numpy as np

from handcraft.classifiers import CLASSIFIERS
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.features.raw import Raw
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.state_file import read_state, write_state

FOLDER = Path(__file__).parent
SHAPES = [(32, 32), (40, 56), (8, 8)]
SPECS = [*EXTRACTORS, "patch-words:mirror", "hog:mirror+hue"]


def photograph(height, width, seed):
    """Return smooth coloured waves with a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / 8
    phases = rng.uniform(-2, 2, (6, 2)) @ np.stack([y.ravel(), x.ravel()])
    pixels = 128 + 40 * np.sin(phases).T @ rng.normal(size=(6, 3))
    pixels += rng.normal(0, 5, pixels.shape)
    return pixels.clip(0, 255).astype(np.uint8).reshape(height, width, 3)


def golden(spec, number):
    """Return a model, images that it has not seen, and their rows and scores."""
    extractor = make_extractor(spec, {"raw": Raw(size=8)}).with_budget(300)
    training = [photograph(*SHAPES[seed % 2], seed) for seed in range(12)]
    images = [photograph(*shape, 100 + seed) for seed, shape in enumerate(SHAPES)]
    extractor.fit(training)
    kind = list(CLASSIFIERS.values())[number % len(CLASSIFIERS)]
    few = {"n_hidden": 6} if kind.name == "mlp" else {}  # else a file of megabytes
    classifier = kind(seed=0, **few).fit(extractor.transform(training), ["a", "b", "c"] * 4)
    rows = extractor.transform(images)
    training_record = Training(spec, kind.name, len(training), 0, None)
    model = Model(extractor, classifier, ("a", "b", "c"), training_record)
    return model, {"spec": spec, "images": images, "rows": rows, "scores": model.scores(rows)}


def main():
    """Write the files that are asked for, all if none is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SPECS)}")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    arguments = parser.parse_args()
    for number, spec in enumerate(SPECS):
        if arguments.names and spec not in arguments.names:
            continue
        model, held = golden(spec, number)
        version = model.extractor.row_version
        path = FOLDER / f"{spec.replace(':', '-')}.{version}.safetensors"
        if path.exists() and not arguments.overwrite:
            parser.error(f"{path} is there; pass --overwrite if it was never released")
        model.save(path)
        write_state(path, read_state(path) | held)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
