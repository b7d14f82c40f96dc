"""Accuracy of a classifier at several values of one of its parameters: the figures behind defaults.

Run `python tests/benchmarks/sweep.py FOLDER CLASSIFIER PARAMETER VALUE... [--test FOLDER]` from the
top folder, such as `... caltech101 svm whitening 1e-4 1e-2 1 --features vlad`. All that is not
given is chosen on validation parts of the training images.
"""

from __future__ import annotations

import argparse
from ast import literal_eval
from typing import Any

from linear_accuracy import add_arguments, problems

from handcraft.classifiers import CLASSIFIERS


def value_of(text: str) -> Any:
    """Return a number or None, or the word itself."""
    try:
        return literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def main() -> None:
    """Print a line for each value."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser, "vlad")
    parser.add_argument("classifier", choices=CLASSIFIERS)
    parser.add_argument("parameter")
    parser.add_argument("values", nargs="+", type=value_of)
    arguments = parser.parse_args()
    for spec, problem in problems(arguments).items():
        for value in arguments.values:
            model = CLASSIFIERS[arguments.classifier](**{arguments.parameter: value})
            model.fit(problem.training, problem.training_labels)
            accuracy = model.score(problem.test, problem.test_labels)
            validated = model.validation_accuracy_
            shown = "" if validated is None else f", validation {validated:.2%}"
            print(f"{spec}  {arguments.parameter} {value}: {accuracy:.2%}{shown}", flush=True)


if __name__ == "__main__":
    main()
