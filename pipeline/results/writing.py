"""The files of a run for other programs: results.json and predictions.csv."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handcraft.features.base import Extractor
from handcraft.pipeline.diagnosis.diagnosis import Diagnosis
from handcraft.pipeline.diagnosis.size_curve import SizeCurve
from handcraft.pipeline.experiment.comparison import Comparison
from handcraft.pipeline.experiment.evaluation import Evaluation
from handcraft.pipeline.experiment.metrics import by_class
from handcraft.pipeline.experiment.stress import Stress
from handcraft.pipeline.results.csv_file import class_columns, write_csv
from handcraft.pipeline.results.record import RunRecord
from handcraft.pipeline.results.verdict import Finding, findings, verdict
from handcraft.pipeline.run.atomic import atomic_path

SCHEMA = 2
"""Version of results.json; see docs/results.schema.json."""


def write_results(
    folder: Path,
    record: RunRecord,
    comparison: Comparison,
    diagnosis: Diagnosis | None = None,
    stresses: Sequence[Stress] = (),
) -> dict[str, Any]:
    """Write results.json: the circumstances, data and results of a run; return its content."""
    found = {finding.evaluation: finding for finding in findings(comparison.evaluations)}
    selected = comparison.selected
    document = {
        "schema": SCHEMA,
        **record.describe(),
        "fingerprints": record.fingerprints(selected.model),
        "seed": selected.model.training.seed,
        "selected": {"features": selected.features, "classifier": selected.classifier},
        "verdict": verdict(comparison),
        "rows": [describe_row(row, found.get(row)) for row in comparison.evaluations],
        "leaks": describe_leaks(comparison),
        "diagnosis": diagnosis and describe_diagnosis(diagnosis, selected.model.class_names),
        "stress": [entry for stress in stresses for entry in describe_stress(stress)],
    }
    with atomic_path(folder / "results.json") as path:
        path.write_text(to_json(document), encoding="utf-8")
    return document


def summary(results: dict[str, Any]) -> dict[str, Any]:
    """Return results.json without the figures of single classes, to fit on a screen."""
    brief = "features classifier n_features validation_accuracy accuracy ci_low ci_high vs_raw "
    brief += "mean_per_class ece extract_seconds train_seconds"
    rows = [{name: row[name] for name in brief.split()} for row in results["rows"]]
    whole = ("schema", "command", "started", "seconds", "seed", "selected", "verdict", "stress")
    return {name: results[name] for name in whole} | {"rows": rows}


def to_json(value: Any, indent: str = "") -> str:
    """Return indented JSON in which a list of numbers and texts stays on one line.

    >>> print(to_json({"rows": [[1, 2], [3, 4]]}))
    {
      "rows": [
        [1, 2],
        [3, 4]
      ]
    }
    """
    inner = indent + "  "
    if isinstance(value, dict) and value:
        items = [f"{json.dumps(key)}: {to_json(item, inner)}" for key, item in value.items()]
        opening, closing = "{}"
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        items = [to_json(item, inner) for item in value]
        opening, closing = "[]"
    else:
        return json.dumps(value, allow_nan=False)
    return f"{opening}\n{inner}" + f",\n{inner}".join(items) + f"\n{indent}{closing}"


def describe_row(row: Evaluation, finding: Finding | None) -> dict[str, Any]:
    """Return one entry of results.json's ``rows``; times in seconds, accuracies in [0, 1]."""
    training, classifier = row.model.training, row.model.classifier
    validation = training.validation or classifier.validation
    return {
        "features": row.features,
        "classifier": row.classifier,
        "n_features": row.n_features,
        "extractor": [_parameters(part) for part in row.model.extractor.parts],
        "hyperparameters": classifier.best_params_,
        "validation_accuracy": training.validation_accuracy,
        "validation_cost": validation and validation.cost,
        "accuracy": row.accuracy,
        "ci_low": row.interval.low,
        "ci_high": row.interval.high,
        "splits": _splits(row),
        "vs_raw": None if finding is None else {"gain": finding.gain, "p_value": finding.p_value},
        **describe_figures(row),
        "extract_seconds": row.extract_seconds,
        "train_seconds": row.train_seconds,
    }


def _splits(row: Evaluation) -> dict[str, Any] | None:
    """Return the accuracies of a model on several random splits; None with one split."""
    if row.resamples is None:
        return None
    return {
        "accuracy": row.accuracies.tolist(),
        "standard_deviation": row.deviation,
        "test_ratio": row.resamples.test_ratio,
    }


def _parameters(part: Extractor) -> dict[str, Any]:
    """Return the parameters of an extractor as plain data, without learned attributes."""
    return part.with_seed(part.seed).to_state()


def describe_figures(row: Evaluation) -> dict[str, Any]:
    """Return the metrics of a model on the test images besides accuracy."""
    of_class = by_class(row.confusion)
    per_class = {
        name: {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "support": support,
        }
        for name, precision, recall, f1, support in zip(
            row.model.class_names,
            of_class.precision.tolist(),
            of_class.recall.tolist(),
            of_class.f1.tolist(),
            of_class.support.tolist(),
            strict=True,
        )
    }
    return {
        "mean_per_class": row.mean_per_class,
        "mean_per_class_ci_low": row.mean_per_class_interval.low,
        "mean_per_class_ci_high": row.mean_per_class_interval.high,
        **row.figures,
        "per_class": per_class,
        "confusion": row.confusion.tolist(),
    }


def describe_leaks(comparison: Comparison) -> dict[str, Any] | None:
    """Return results.json's ``leaks``; None if the training images are unknown."""
    if comparison.training is None:
        return None
    without = [
        {
            "features": evaluation.features,
            "classifier": evaluation.classifier,
            "n_images": len(evaluation.labels),
            "accuracy": evaluation.accuracy,
            "ci_low": evaluation.interval.low,
            "ci_high": evaluation.interval.high,
        }
        for evaluation in comparison.without_leaked
    ]
    return {"n_images": int(comparison.leaked.sum()), "without": without}


def describe_diagnosis(diagnosis: Diagnosis, class_names: Sequence[str]) -> dict[str, Any]:
    """Return results.json's ``diagnosis``: doubtful labels, worst first, and a curve."""
    images, doubts, curve = diagnosis.images, diagnosis.doubts, diagnosis.curve
    return {
        "accuracy_in_folds": doubts and doubts.accuracy,
        "doubtful_labels": doubts
        and [
            {
                "path": str(images.paths[image]),
                "label": class_names[images.labels[image]],
                "likely": class_names[likely],
                "probability_label": p_label,
                "probability_likely": p_likely,
            }
            for image, likely, p_label, p_likely in zip(
                doubts.images.tolist(),
                doubts.likely.tolist(),
                doubts.p_given.tolist(),
                doubts.p_likely.tolist(),
                strict=True,
            )
        ],
        "learning_curve": curve
        and {name: getattr(curve, name).tolist() for name in SizeCurve.__dataclass_fields__},
        "missing": list(diagnosis.missing),
    }


def describe_stress(stress: Stress) -> list[dict[str, Any]]:
    """Return the entries of results.json's ``stress`` for one model, one per perturbation."""
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
    """Write predictions.csv: a line per model and image, with the figures of every class.

    The columns are path, label and predicted; split, the part of the image, and the number of the
    split if there are several; features and classifier if there may be `several` models; and for
    each class, in the classifier's order, ``probability_<class>``, then ``score_<class>``.
    """
    class_names = comparison.selected.model.class_names
    header = ["path", "label", "predicted", "split"]
    header += ["features", "classifier"] if several else []
    header += class_columns("probability", class_names) + class_columns("score", class_names)
    lines = (
        [
            str(path),
            class_names[label],
            class_names[predicted],
            split,
            *([row.features, row.classifier] if several else []),
            *map(float, probabilities),
            *map(float, scores),
        ]
        for row in comparison.evaluations
        for path, label, predicted, split, probabilities, scores in zip(
            row.images.paths,
            row.labels,
            row.predicted,
            _split_names(row),
            row.probabilities,
            row.scores,
            strict=True,
        )
    )
    write_csv(folder / "predictions.csv", header, lines)


def _split_names(row: Evaluation) -> list[str]:
    if row.resamples is None:
        return ["test"] * len(row.labels)
    return [f"test {number + 1}" for number in row.resamples.numbers]
