"""Does `train` choose the better classifier? Both trained in full against the automatic choice.

Run `python tests/benchmarks/automatic_choice.py FOLDER...` from the top folder; each folder holds
train/ and test/. On the features that are chosen, svm and softmax are each trained in full. The
last column is how many percentage points of test accuracy the choice loses against the better one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from handcraft.pipeline.experiment.automatic import EFFORTS, choose_features
from handcraft.pipeline.experiment.evaluation import evaluate
from handcraft.pipeline.experiment.selection import automatic_classifiers
from handcraft.pipeline.experiment.training import train_best
from handcraft.pipeline.images.dataset import load_dataset, with_test_images
from handcraft.pipeline.run.context import RunContext

CLASSIFIERS = ("softmax", "svm")


def run(folder: Path, effort: str, context: RunContext) -> str:
    """Return a line of the table; the cache keeps the rows that the trainings share."""
    dataset, test = with_test_images(load_dataset(folder, None, context), seed=0)
    made = automatic_classifiers(CLASSIFIERS, 0, context)
    extractor = choose_features(dataset, effort, 0, context)
    chosen = evaluate(train_best(extractor, made, dataset, 0, context), test, context)
    accuracy = {}
    for one in made:
        model = train_best(extractor, [one], dataset, 0, context)
        accuracy[one.name] = evaluate(model, test, context).accuracy
    lost = max(accuracy.values()) - chosen.accuracy
    both = " ".join(f"{100 * accuracy[name]:8.2f}" for name in CLASSIFIERS)
    return f"{folder.name:16s} {both}  {chosen.classifier:8s} {100 * lost:6.2f}  {chosen.features}"


def main() -> None:
    """Print a line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="with train/ and test/")
    parser.add_argument("--effort", choices=EFFORTS, default="normal")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", type=Path, help="kept for the next run [default: temporary]")
    arguments = parser.parse_args()
    heads = " ".join(f"{name:>8s}" for name in CLASSIFIERS)
    print(f"{'folder':16s} {heads}  {'chosen':8s} {'lost':>6s}  features")
    with tempfile.TemporaryDirectory() as scratch:
        context = RunContext(arguments.cache or Path(scratch), arguments.jobs)
        for folder in arguments.folders:
            print(run(folder, arguments.effort, context), flush=True)


if __name__ == "__main__":
    main()
