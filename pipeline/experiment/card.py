"""A model's card: what it is made of, how it came about, and how well it does."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from handcraft.data.names import listed
from handcraft.pipeline.experiment.statistics import wilson_interval
from handcraft.pipeline.run.text import counted, interval, percent, printable

if TYPE_CHECKING:
    from handcraft.pipeline.experiment.model import Model, Training

MAX_CLASSES = 30
"""The most class names that are shown; of more, their number is."""


def describe(model: Model) -> list[tuple[str, str]]:
    """Return the lines of a model's card: what, and its value."""
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
    """Say how well the model does, on images that played no part in any choice if there are any."""
    told = []
    if training.accuracy is not None and training.n_tested:
        low, high = wilson_interval(round(training.accuracy * training.n_tested), training.n_tested)
        images = counted(training.n_tested, "image")
        told.append(f"{percent(training.accuracy)} of {images} ({interval(low, high)})")
    if training.validation_accuracy is not None:
        told.append(f"{percent(training.validation_accuracy)} in validation, chosen on it")
    return "; ".join(told) or "not known"


def _calibration(model: Model) -> str:
    """Say how far probabilities are from accuracy, and where that was measured."""
    told = [f"scores are divided by a temperature of {model.classifier.temperature_:.3g}"]
    training = model.training
    if training.calibration_error is not None and training.n_tested:
        images = counted(training.n_tested, "image")
        error = percent(training.calibration_error)
        told.append(f"expected calibration error {error} on the {images} of the accuracy")
    return "; ".join(told)


def _novelty(model: Model) -> str:
    least = getattr(model.classifier, "least_familiar_", None)
    if least is None:
        return "not known: too few images were held out in training"
    return f"images of a familiarity below {least:.3g} are marked"


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
