"""A trained model at work on image files: nothing is kept, and nothing is left behind."""

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
    """What a model says of a file: a probability for each class, or what is wrong with the file.

    `is_novel` says that the image is unlike those of training.
    """

    path: Path
    probabilities: Scores | None = None
    is_novel: bool = False
    error: DecodeError | None = None


def load_model(path: Path, context: RunContext) -> Model:
    """Load a model and decode as it needs; say which libraries are not those it was trained with.

    Raises
    ------
    RequestError
        If there is no model; see `Model.load`.
    """
    model = Model.load(path)
    context.decoding = replace(context.decoding, white=model.white)
    if model.other_libraries:
        context.progress.say(f"{path}: {model.other_libraries}")
    return model


def tell_other_colours(model: Model, share_of_grey: float | None, context: RunContext) -> None:
    """Say so if images are grey and those of training were not, or the other way round."""
    said = other_colours(model.training.grey, share_of_grey)
    if said:
        context.progress.say(f"These images are {said}")


def how_familiar(model: Model, scores: Scores) -> Scores:
    """Return how much images look like those of any class, of their scores: (n_images,)."""
    return familiarity(scores, model.classifier.temperature_)


def is_novel(model: Model, scores: Scores) -> list[bool]:
    """Return whether each image is unlike those of training; not if that is not known."""
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
