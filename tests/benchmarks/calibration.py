"""Train on folders as `handcraft train` does, and measure the calibration of probabilities.

Run `python tests/benchmarks/calibration.py FOLDER... [--effort normal] [--classifiers svm,softmax]`
from the top folder. Test images are those of the folder, else a fifth. Printed are the expected
calibration error in 15 bins of equal mass, and how large it is by chance alone where the
probabilities are right; log loss and Brier score; the temperature, the one that would have been
best on the test images, and the log loss with it. Then, for some P, the share of the images that
`handcraft predict --unsure-below P` gives a class, and the accuracy on these.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.losses import softmax
from handcraft.classifiers.validation import best_temperature
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.metrics import (
    brier_score,
    expected_calibration_error,
    log_loss,
)
from handcraft.pipeline.experiment.selection import AUTO, train_selected
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.run.context import RunContext

N_DRAWS = 200
UNSURE_BELOW = (0.5, 0.7, 0.9)


def by_chance(probabilities: NDArray[np.floating[Any]]) -> float:
    """Return the mean calibration error of labels that are drawn by these very probabilities."""
    rng = np.random.default_rng(0)
    cumulative = np.cumsum(probabilities, axis=1)
    last = probabilities.shape[1] - 1
    errors = []
    for _ in range(N_DRAWS):
        drawn = (cumulative < rng.random((len(cumulative), 1))).sum(axis=1)
        errors.append(expected_calibration_error(probabilities, np.minimum(drawn, last)))
    return float(np.mean(errors))


def run(folder: Path, effort: str, classifiers: list[str], jobs: int) -> str:
    """Return a line of the table."""
    with tempfile.TemporaryDirectory() as scratch:
        context = RunContext(Path(scratch), jobs)
        dataset, test = with_test_images(load_dataset(folder, None, context), seed=0)
        model = train_selected([AUTO], classifiers, effort, dataset, 0, context)
        row = evaluate(model, test, context)
    p, labels = row.probabilities, row.labels
    best = best_temperature(row.scores, labels)
    temperature = getattr(model.classifier, "temperature_", 1.0)
    confidence = p.max(axis=1)
    answered = [
        f"P = {least}: {np.mean(confidence >= least):.1%} answered,"
        f" {np.mean(row.correct[confidence >= least]):.1%} correct"
        for least in UNSURE_BELOW
        if (confidence >= least).any()
    ]
    return (
        f"{folder.name:16s} {len(labels):7,} {row.accuracy:9.1%}"
        f" {expected_calibration_error(p, labels):7.2%} {by_chance(p):10.2%}"
        f" {log_loss(p, labels):9.3f} {brier_score(p, labels):7.3f} {temperature:12.4g}"
        f" {best:9.4g} {log_loss(softmax(row.scores / best), labels):9.3f}"
        f"  {row.features} with {row.classifier}"
        f"\n    {'; '.join(answered)}"
    )


def main() -> None:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--effort", default="normal")
    parser.add_argument("--classifiers", default="svm,softmax")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    print(
        "folder            images  accuracy     ECE  by chance  log loss   Brier  temperature"
        "      best  log loss  recipe"
    )
    for folder in arguments.folders:
        classifiers = arguments.classifiers.split(",")
        print(run(folder, arguments.effort, classifiers, arguments.jobs), flush=True)


if __name__ == "__main__":
    main()
