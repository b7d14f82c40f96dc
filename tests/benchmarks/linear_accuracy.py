"""Compare our linear classifiers with scikit-learn's on the same features: accuracy and time.

Run `python tests/benchmarks/linear_accuracy.py FOLDER [--test FOLDER]` from the top folder. Our
classifiers choose their hyperparameters on a validation part of the training images. Each of
scikit-learn's gets every C of a grid, and its best test accuracy counts, which no user could know
beforehand; its seconds are those of that one fit, ours are those of the search and the training.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from handcraft.classifiers import LinearSVM, Softmax
from handcraft.features import make_extractor
from handcraft.features.base import Rows
from handcraft.features.words.configurations import PatchWords
from handcraft.pipeline.extraction.fitting import learn_features
from handcraft.pipeline.extraction.rows import compute_rows
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.run.context import RunContext, default_cache

FEATURES = ("raw", "hog", "hog+hue")
C_GRID = (1e-5, 1e-4, 1e-3, 1e-2)
"""For standardised features and tens of thousands of rows; smaller sets want larger values."""

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Problem:
    """Training and test rows with their labels."""

    training: Rows
    training_labels: Labels
    test: Rows
    test_labels: Labels


@dataclass(frozen=True)
class Outcome:
    """How one classifier did."""

    name: str
    accuracy: float
    seconds: float
    parameters: dict[str, Any]
    note: str = ""


def ours(kind: type[LinearSVM | Softmax], problem: Problem, **given: Any) -> Outcome:
    """Train with what is not given chosen automatically."""
    start = time.perf_counter()
    model = kind(**given).fit(problem.training, problem.training_labels)
    seconds = time.perf_counter() - start
    accuracy = model.score(problem.test, problem.test_labels)
    return Outcome(kind.__name__, accuracy, seconds, model.best_params_)


def peers(name: str, problem: Problem) -> Iterator[Outcome]:
    """Train scikit-learn's classifier with one C after the other."""
    mean, spread = problem.training.mean(axis=0), problem.training.std(axis=0)
    spread[spread == 0] = 1
    training, test = (problem.training - mean) / spread, (problem.test - mean) / spread
    for c in C_GRID:
        solvers: dict[str, Any] = {
            "LinearSVC": LinearSVC(C=c, dual=False),
            "LogisticRegression": LogisticRegression(C=c, max_iter=300),
        }
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model = solvers[name].fit(training, problem.training_labels)
        seconds = time.perf_counter() - start
        accuracy = float(model.score(test, problem.test_labels))
        yield Outcome(name, accuracy, seconds, {"C": c}, "stopped early" if caught else "")


def problems(arguments: argparse.Namespace) -> dict[str, Problem]:
    """Extract the features of the folder's images."""
    sized = {PatchWords.kind: PatchWords(n_words=arguments.words)}
    context = RunContext(arguments.cache or default_cache(), arguments.jobs)
    loaded = load_dataset(arguments.folder, arguments.test, context)
    dataset, test = with_test_images(loaded, seed=0)
    found = {}
    for spec in arguments.features.split(","):
        learned = learn_features(make_extractor(spec, sized), dataset.training, 0, context)
        rows = compute_rows(learned.extractor, test, context).rows
        found[spec] = Problem(learned.rows, dataset.training.labels, rows, test.labels)
    return found


def line(outcome: Outcome) -> str:
    """Return an outcome as the end of a line of the table."""
    values = [
        f"{name} {value if isinstance(value, str) else format(value, '.3g')}"
        for name, value in outcome.parameters.items()
    ]
    setting = ", ".join([*values, *filter(None, [outcome.note])])
    return f" {outcome.name:20s}  {outcome.accuracy:8.2%}  {outcome.seconds:7.1f}  {setting}"


def arguments_of(description: str, features: str) -> argparse.Namespace:
    """Read the command line; `features` is the default."""
    parser = argparse.ArgumentParser(description=description)
    add_arguments(parser, features)
    return parser.parse_args()


def add_arguments(parser: argparse.ArgumentParser, features: str) -> None:
    """Add what `problems` takes; `features` is the default."""
    parser.add_argument("folder", type=Path, help="class-per-folder tree of images")
    parser.add_argument("--test", type=Path, help="test images; default: a fifth is held out")
    parser.add_argument("--features", default=features)
    parser.add_argument("--words", type=int, default=400, help="of patch-words: 16 values each")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path)


def main() -> None:
    """Print a line for each classifier and C, and one for each pair."""
    arguments = arguments_of(__doc__.splitlines()[0], ",".join(FEATURES))
    print("features        values  classifier            accuracy  seconds  setting")
    for spec, problem in problems(arguments).items():
        heading = f"{spec:14s}  {problem.training.shape[1]:6d}"
        for kind, peer in ((LinearSVM, "LinearSVC"), (Softmax, "LogisticRegression")):
            mine = ours(kind, problem)
            print(heading, line(mine), flush=True)
            outcomes = []
            for outcome in peers(peer, problem):
                print(heading, line(outcome), flush=True)
                outcomes.append(outcome)
            best = max(outcomes, key=lambda outcome: outcome.accuracy)
            gain = 100 * (mine.accuracy - best.accuracy)
            print(f"    {gain:+.2f} points, {best.seconds / mine.seconds:.1f} times as fast")


if __name__ == "__main__":
    main()
