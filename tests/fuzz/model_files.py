"""Damage and forge model files of every feature set and classifier: counts, and what went wrong.

Run `PYTHONPATH=tests/helpers python tests/fuzz/model_files.py [--mutations N] [--seed S]` from the
top folder. Whatever is neither refused in a sentence nor works is printed; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from model_mutations import damage, forge, outcome

from handcraft.classifiers import CLASSIFIERS
from handcraft.features import EXTRACTORS, make_extractor
from handcraft.pipeline.experiment.card import Training
from handcraft.pipeline.experiment.model import Model

SLOW_SECONDS = 10.0


def make_model(features: str, classifier: str, images: list[np.ndarray]) -> Model:
    """Return a small model."""
    words = {name: kind for name, kind in EXTRACTORS.items() if "n_words" in vars(kind())}
    sized = {name: kind(n_words=4) for name, kind in words.items()}
    extractor = make_extractor(features, sized).fit(images)
    fitted = CLASSIFIERS[classifier]().fit(extractor.transform(images), np.arange(len(images)) % 3)
    training = Training(features, classifier, len(images), 0, validation_accuracy=0.5)
    return Model(extractor, fitted, ("a", "b", "c"), training)


def main() -> int:
    """Print a line for each recipe, and one for each finding."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    warnings.simplefilter("error")
    numbers = np.random.default_rng(0)
    images = [numbers.integers(0, 256, (24, 28, 3), np.uint8) for _ in range(12)]
    specs = [*EXTRACTORS, "hog:mirror+hue", "patch-words+raw"]
    recipes = [(spec, list(CLASSIFIERS)[i % len(CLASSIFIERS)]) for i, spec in enumerate(specs)]
    rng, n_findings = random.Random(arguments.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        for features, classifier in recipes:
            model = make_model(features, classifier, images)
            model.save(path)
            content, expected = path.read_bytes(), model.predict_scores(images[:2])
            counts: Counter[str] = Counter()
            for number in range(arguments.mutations // len(recipes)):
                is_forged = number % 2 == 0
                what, changed = (
                    forge(content, rng) if is_forged else ("damage", damage(content, rng))
                )
                start = time.perf_counter()
                try:
                    result = outcome(changed, path, images[:2], expected)
                    if what == "damage" and result == "other":
                        raise AssertionError("damage gives other predictions")
                except Exception as error:
                    result = "finding"
                    print(f"{features}, {classifier}: {what}: {error!r}"[:300], flush=True)
                if time.perf_counter() - start > SLOW_SECONDS:
                    print(f"{features}, {classifier}: {what}: slow", flush=True)
                    result = "finding"
                counts[result] += 1
            n_findings += counts["finding"]
            print(f"{features}, {classifier}: {dict(counts)}", flush=True)
    return 1 if n_findings else 0


if __name__ == "__main__":
    sys.exit(main())
