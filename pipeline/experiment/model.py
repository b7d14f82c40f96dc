"""A trained model: an extractor, a classifier and the names of the classes, in one small file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers import Classifier, classifier_from_state
from handcraft.data.errors import RequestError
from handcraft.features import extractor_from_state
from handcraft.features.base import Extractor, Rows
from handcraft.pipeline.run.state_file import StateFileError, read_state, write_state

SCHEMA = 1

Scores = NDArray[np.floating[Any]]


def class_scores(scores: Scores) -> Scores:
    """Return one score per class, also for two classes: (n_images, n_classes).

    Estimators give a single score for two classes, the second's over the first's; it is split
    evenly between them.
    """
    return np.column_stack([-scores / 2, scores / 2]) if scores.ndim == 1 else scores


class TrainedClassifier(Protocol):
    """What the pipeline needs of a classifier once it is trained."""

    @property
    def best_params_(self) -> dict[str, Any]:
        """The hyperparameters that were chosen on the validation split."""

    def decision_function(self, X: Rows) -> Scores:
        """Return scores (n_images, n_classes), or (n_images,) for two classes."""

    def probabilities(self, scores: Scores) -> Scores:
        """Return the probabilities that scores stand for: (n_images, n_classes)."""


@dataclass(frozen=True)
class Training:
    """How a model came about: what `results.json` and the model file say of it."""

    features: str
    classifier: str
    n_images: int
    seed: int
    extract_seconds: float
    train_seconds: float
    validation_accuracy: float | None

    def __str__(self) -> str:
        """Name the features and the classifier, and how accurate they were in validation."""
        accuracy = self.validation_accuracy
        known = "" if accuracy is None else f" ({accuracy:.1%} on validation images)"
        return f"{self.features} with {self.classifier}{known}"


@dataclass(frozen=True)
class Model:
    """Everything that a prediction needs, and how it was trained."""

    extractor: Extractor
    classifier: TrainedClassifier
    class_names: tuple[str, ...]
    training: Training

    @property
    def validation_cost(self) -> float | None:
        """What the settings were chosen by, where the classifier was validated by its scores."""
        cost: float | None = getattr(self.classifier, "validation_cost_", None)
        return cost

    def scores(self, rows: Rows) -> Scores:
        """Return one score per class, also for two classes: (n_images, n_classes)."""
        return class_scores(np.asarray(self.classifier.decision_function(rows)))

    def probabilities(self, scores: Scores) -> Scores:
        """Return the probabilities that `scores` stand for: (n_images, n_classes)."""
        return np.asarray(self.classifier.probabilities(scores))

    def save(self, path: Path) -> None:
        """Write the model as safetensors, whole or not at all.

        Raises
        ------
        TypeError
            If the classifier is a baseline, which is there to be compared with only.
        """
        if not isinstance(self.classifier, Classifier):
            raise TypeError(f"{type(self.classifier).__name__}: only our classifiers are saved")
        state = {
            "schema": SCHEMA,
            "handcraft": version("handcraft"),
            "class_names": list(self.class_names),
            "training": asdict(self.training),
            "extractor": self.extractor.to_state(),
            "classifier": self.classifier.to_state(),
        }
        write_state(path, state)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model that `save` wrote.

        Raises
        ------
        RequestError
            If there is no such file, it is damaged or no model, or its format is another.
        """
        try:
            state = read_state(path)
        except FileNotFoundError as error:
            raise RequestError(f"{path}: no such model file; write one with train") from error
        except StateFileError as error:
            raise RequestError(f"{error}; expected a model file that train wrote") from error
        if state.get("schema") != SCHEMA:
            raise RequestError(
                f"{path}: model format {state.get('schema')!r}, expected {SCHEMA}; train it again, "
                f"or use handcraft {state.get('handcraft')}, which wrote it"
            )
        try:
            return cls(
                extractor_from_state(state["extractor"]),
                classifier_from_state(state["classifier"]),
                tuple(state["class_names"]),
                Training(**state["training"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RequestError(f"{path}: not a complete model ({error!r}); train again") from error
