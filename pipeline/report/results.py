"""The files that a run leaves for other programs: results.json and predictions.csv."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from handcraft.data.decode import DecodeError
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.experiment import Comparison
from handcraft.pipeline.experiment.stress import Stress
from handcraft.pipeline.run.atomic import atomic_path
from handcraft.pipeline.run.text import csv_cell

SCHEMA = 1

LIBRARIES = (
    "handcraft",
    "numpy",
    "opencv-python-headless",
    "scikit-image",
    "scikit-learn",
    "scipy",
)


def write_results(
    folder: Path,
    comparison: Comparison,
    stresses: Sequence[Stress],
    unreadable: Sequence[DecodeError],
) -> None:
    """Write results.json: what was measured, on what, and with which versions.

    `unreadable` are the images, for training or for the test, that were left out.
    """
    model, test = comparison.selected.model, comparison.test
    document = {
        "schema": SCHEMA,
        "data": {
            "class_names": list(model.class_names),
            "n_train": model.training.n_images,
            "n_test": len(test),
            "unreadable": [str(error) for error in unreadable],
        },
        "seed": model.training.seed,
        "versions": {"python": platform.python_version()}
        | {library: version(library) for library in LIBRARIES},
        "rows": [describe_row(evaluation) for evaluation in comparison.evaluations],
        "stress": [entry for stress in stresses for entry in describe_stress(stress)],
    }
    with atomic_path(folder / "results.json") as path:
        path.write_text(json.dumps(document, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def describe_row(row: Evaluation) -> dict[str, Any]:
    """Return one entry of results.json's ``rows``; times in seconds, accuracies in [0, 1]."""
    return {
        "features": row.features,
        "classifier": row.classifier,
        "n_features": row.n_features,
        "accuracy": row.accuracy,
        "ci_low": row.interval.low,
        "ci_high": row.interval.high,
        "mean_per_class": row.mean_per_class,
        "mean_per_class_ci_low": row.mean_per_class_interval.low,
        "mean_per_class_ci_high": row.mean_per_class_interval.high,
        "extract_seconds": row.extract_seconds,
        "train_seconds": row.train_seconds,
        "hyperparameters": row.model.classifier.best_params_,
    }


def describe_stress(stress: Stress) -> list[dict[str, Any]]:
    """Return the entries of results.json's ``stress`` for one model: one for each perturbation."""
    return [
        {
            "features": effect.evaluation.features,
            "classifier": effect.evaluation.classifier,
            "perturbation": name,
            "accuracy": effect.evaluation.accuracy,
            "ci_low": effect.evaluation.interval.low,
            "ci_high": effect.evaluation.interval.high,
            "loss": effect.loss,
            "loss_ci_low": effect.interval.low,
            "loss_ci_high": effect.interval.high,
            "p_value": effect.p_value,
        }
        for name, effect in stress.effects.items()
    ]


def write_predictions(folder: Path, comparison: Comparison, several: bool) -> None:
    """Write predictions.csv: a line per model and image, with the score of every class.

    The columns are path, label and predicted; features and classifier where there may be
    `several` models; and one ``score_<class>`` per class in the classifier's order.
    """
    class_names = comparison.selected.model.class_names
    which = ["features", "classifier"] if several else []
    lines = (
        [
            str(path),
            class_names[label],
            class_names[predicted],
            *([row.features, row.classifier] if several else []),
            *map(float, scores),
        ]
        for row in comparison.evaluations
        for path, label, predicted, scores in zip(
            comparison.test.paths, row.labels, row.predicted, row.scores, strict=True
        )
    )
    header = ["path", "label", "predicted", *which, *score_columns(class_names)]
    write_csv(folder / "predictions.csv", header, lines)


def write_csv(path: Path, header: Sequence[str], lines: Iterable[Sequence[str | float]]) -> None:
    """Write a table as comma-separated values, whole or not at all.

    Names are safe to open in a spreadsheet (`csv_cell`); bytes of file names that are no UTF-8
    stay as they are; numbers have six digits, more than their computation determines.
    """
    with (
        atomic_path(path) as partial,
        partial.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        file.write(_csv_line(header))
        file.writelines(map(_csv_line, lines))


def _csv_line(cells: Sequence[str | float]) -> str:
    """Return a line as RFC 4180 has it; Python's csv does not quote a lone carriage return."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(value: str | float) -> str:
    text = csv_cell(value) if isinstance(value, str) else f"{value:.6g}"
    if text and not set(text) & set(',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def score_columns(class_names: Sequence[str]) -> list[str]:
    """Return the names of the score columns."""
    return [f"score_{name}" for name in class_names]
