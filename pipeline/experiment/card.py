"""A model's card: how it was trained and how accurate it is, in its file and for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Self

from handcraft.classifiers.validation import Validation
from handcraft.data.names import listed
from handcraft.pipeline.run.state_file import State
from handcraft.pipeline.run.text import counted, interval, percent, printable

if TYPE_CHECKING:
    from handcraft.pipeline.experiment.model import Model

MAX_CLASSES = 30
"""The most class names to show; further ones are only counted."""

_SHARES = ("validation_accuracy", "accuracy", "calibration_error", "grey")
_TYPES: dict[str, tuple[type, ...]] = {
    "features": (str,),
    "classifier": (str,),
    "n_images": (int,),
    "seed": (int,),
    "n_tested": (int, type(None)),
    **dict.fromkeys(_SHARES, (float, int, type(None))),
}
"""The fields of `Training` that a model file holds, and their types."""

_OPTIONAL = {name for name, types in _TYPES.items() if type(None) in types}

_BOUNDS = dict.fromkeys(("n_images", "seed", "n_tested"), (0, 2**53))
_BOUNDS |= dict.fromkeys(_SHARES, (0, 1))
"""Bounds of the numbers; a float holds integers exactly up to 2**53."""


@dataclass(frozen=True)
class Training:
    """How a model was trained, and how accurate it is.

    `accuracy` is measured on `n_tested` images not used in any choice, and `calibration_error` on
    their probabilities, see `expected_calibration_error`; both are None without such images. The
    seconds and `validation`, by which models are compared in training, are not saved, so that
    equal runs write equal files: they are None in a loaded model. `grey` is the share
    of grey images, see `share_of_grey`; None if unknown.
    """

    features: str
    classifier: str
    n_images: int
    seed: int
    validation_accuracy: float | None
    accuracy: float | None = None
    n_tested: int | None = None
    calibration_error: float | None = None
    grey: float | None = None
    extract_seconds: float | None = None
    train_seconds: float | None = None
    validation: Validation | None = None

    def __str__(self) -> str:
        """Return the names of features and classifier, and the validation accuracy."""
        accuracy = self.validation_accuracy
        known = "" if accuracy is None else f" (validation accuracy {percent(accuracy)})"
        return f"{self.features} with {self.classifier}{known}"

    def to_state(self) -> State:
        """Return the fields that a model file holds, as plain data."""
        return {name: getattr(self, name) for name in _TYPES}

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Return the record that `to_state` wrote.

        Raises
        ------
        KeyError
            If a value is missing that may not be None.
        ValueError
            If a value is of another type, or out of its bounds.
        """
        held = {name: state[name] for name in _TYPES if name in state or name not in _OPTIONAL}
        for name, value in held.items():
            if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
                raise ValueError(f"training: {name} is {value!r}")
        for name, (low, high) in _BOUNDS.items():
            if not low <= (held.get(name) or 0) <= high:
                raise ValueError(f"training: {name} is {held[name]}; expected {low} to {high}")
        return cls(**held)


def describe(model: Model) -> list[tuple[str, str]]:
    """Return the lines of a model's card: names and values."""
    training = model.training
    features = f"{training.features}, {counted(model.extractor.n_features, 'value')} an image"
    parts = [_parameters(part.with_seed(part.seed).to_state()) for part in model.extractor.parts]
    return [
        ("classes", f"{len(model.class_names):,}: {listed(model.class_names, MAX_CLASSES)}"),
        ("features", printable(features)),
        *[("", part) for part in parts],
        ("classifier", printable(training.classifier)),
        ("", _parameters(model.classifier.best_params_)),
        ("trained on", f"{counted(training.n_images, 'image')}, seed {training.seed}"),
        ("accuracy", _accuracy(training)),
        ("calibration", _calibration(model)),
        ("novelty", _novelty(model)),
        ("size", f"{model.n_bytes / 1e6:.2f} MB"),
        ("fingerprint", str(model.fingerprint)),
        ("16-bit images", f"{model.white:,} is white"),
        ("libraries", ", ".join(f"{name} {number}" for name, number in model.libraries.items())),
    ]


def as_html(model: Model) -> str:
    """Return the card as a table for a notebook."""
    rows = [
        f'<tr><th style="text-align: left">{escape(name)}</th>'
        f'<td style="text-align: left">{escape(value)}</td></tr>'
        for name, value in describe(model)
    ]
    return f"<table>{''.join(rows)}</table>"


def _accuracy(training: Training) -> str:
    """Describe the accuracy, first that on images not used in any choice, if known."""
    from handcraft.pipeline.experiment.statistics import wilson_interval  # SciPy's are slow to load

    parts = []
    if training.accuracy is not None and training.n_tested:
        low, high = wilson_interval(round(training.accuracy * training.n_tested), training.n_tested)
        images = counted(training.n_tested, "image")
        parts.append(f"{percent(training.accuracy)} of {images} ({interval(low, high)})")
    if training.validation_accuracy is not None:
        parts.append(
            f"{percent(training.validation_accuracy)} on the validation images it was chosen on"
        )
    return "; ".join(parts) or "not known"


def _calibration(model: Model) -> str:
    """Describe the calibration of probabilities, and where it was measured."""
    parts = [f"scores are divided by a temperature of {model.classifier.temperature_:.3g}"]
    training = model.training
    if training.calibration_error is not None and training.n_tested:
        images = counted(training.n_tested, "image")
        error = percent(training.calibration_error)
        parts.append(f"expected calibration error {error} on the {images} of the accuracy")
    return "; ".join(parts)


def _novelty(model: Model) -> str:
    least = getattr(model.classifier, "least_familiar_", None)
    if least is None:
        return "not known: too few images were held out in training"
    return f"images with a familiarity below {least:.3g} are marked as novel"


def _parameters(values: Mapping[str, Any]) -> str:
    """Return parameters in a line: numbers and names, without what is nested in them."""
    plain = {
        name: value
        for name, value in values.items()
        if isinstance(value, str | int | float) and name not in ("row_version", "seed")
    }
    shown = [
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in plain.items()
    ]
    return printable(", ".join(shown).replace("_", " "))
