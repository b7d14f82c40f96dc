"""Prediction of image files with a trained model, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handcraft.classifiers.validation import familiarity
from handcraft.data.errors import DecodeError
from handcraft.pipeline.experiment.model import Model, Scores
from handcraft.pipeline.images.colour import other_colours
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True)
class Prediction:
    """A model's answer for a file: a probability for each class, or the error of reading it.

    `is_novel`: the image is unlike the training images.
    """

    path: Path
    probabilities: Scores | None = None
    is_novel: bool = False
    error: DecodeError | None = None


def load_model(path: Path, context: RunContext) -> Model:
    """Load a model, set its decoding options, and report differing library versions.

    Raises
    ------
    RequestError
        If the model cannot be loaded; see `Model.load`.
    """
    model = Model.load(path)
    context.decoding = replace(context.decoding, white=model.white)
    if model.other_libraries:
        context.progress.say(f"{path}: {model.other_libraries}")
    return model


def tell_other_colours(model: Model, share_of_grey: float | None, context: RunContext) -> None:
    """Report if images are grey and the training images were not, or vice versa."""
    said = other_colours(model.training.grey, share_of_grey)
    if said:
        context.progress.say(f"These images are {said}")


def how_familiar(model: Model, scores: Scores) -> Scores:
    """Return how familiar images are, from their scores: (n_images,); see `familiarity`."""
    return familiarity(scores, model.classifier.temperature_)


def is_novel(model: Model, scores: Scores) -> list[bool]:
    """Return whether each image is unlike the training images; False if unknown."""
    least = getattr(model.classifier, "least_familiar_", None)
    if least is None:
        return [False] * len(scores)
    novel: list[bool] = (how_familiar(model, scores) < least).tolist()
    return novel


def predict_files(model: Model, paths: Sequence[Path], context: RunContext) -> Iterator[Prediction]:
    """Yield a prediction for each file, in order; then `tell_other_colours`."""
    answers = model.try_scores(paths, context.n_jobs, context.decoding)
    are_grey = []
    for path, answer in zip(paths, answers, strict=True):
        if isinstance(answer, DecodeError):
            yield Prediction(path, error=answer)
        elif isinstance(answer, Exception):
            raise answer
        else:
            are_grey.append(answer.is_grey)
            scores = answer.scores[None]
            yield Prediction(path, model.probabilities(scores)[0], is_novel(model, scores)[0])
    tell_other_colours(model, float(np.mean(are_grey)) if are_grey else None, context)
