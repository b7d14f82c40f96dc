"""Prediction of image files in memory: nothing is kept, and nothing is left behind."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from handcraft.data.decode import DecodeOptions, Image, read_image
from handcraft.data.errors import DecodeError
from handcraft.pipeline.experiment.model import Model, Scores
from handcraft.pipeline.images.intake import fatal
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.workers import batches_of, run_batches

BATCH_IMAGES = 32
"""Images of a batch: fewer than in training, so that a few hundred images keep all workers busy."""

BATCH_PIXELS = 64_000_000
"""Pixels in memory at a time, 192 MB, unless a single image has more."""


@dataclass(frozen=True)
class Prediction:
    """What a model says of a file: a probability for each class, or what is wrong with the file."""

    path: Path
    probabilities: Scores | None = None
    error: DecodeError | None = None


def predict_files(model: Model, paths: Sequence[Path], context: RunContext) -> Iterator[Prediction]:
    """Yield a prediction for each file, in order. A single batch needs no worker process."""
    work = functools.partial(_predict, model, context.decoding)
    batches = batches_of(paths, BATCH_IMAGES)
    for batch, predictions in run_batches(work, batches, min(context.n_jobs, len(batches))):
        yield from predictions or [Prediction(path, error=fatal(path)) for path in batch]


def _predict(model: Model, decoding: DecodeOptions, paths: Sequence[Path]) -> list[Prediction]:
    """Decode and classify the files of a batch, as many at a time as fit into memory."""
    predictions: dict[Path, Prediction] = {}
    images: dict[Path, Image] = {}

    def classify() -> None:
        """Classify the images that were read, and let them go."""
        if images:
            scores = model.scores(model.extractor.transform(list(images.values())))
            for path, p in zip(images, model.probabilities(scores), strict=True):
                predictions[path] = Prediction(path, p)
            images.clear()

    for path in paths:
        try:
            images[path] = read_image(path, decoding)
        except DecodeError as error:
            predictions[path] = Prediction(path, error=error)
        if sum(image.size // 3 for image in images.values()) > BATCH_PIXELS:
            classify()
    classify()
    return [predictions[path] for path in paths]
