"""Images to feature rows in memory, for predictions: nothing is cached or written."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from handcraft.data.decode import DecodeError, DecodeOptions, Image, read_image
from handcraft.data.images import as_image
from handcraft.data.remote import located
from handcraft.features.base import Extractor, Rows
from handcraft.pipeline.extraction.one_pass import BATCH_PIXELS
from handcraft.pipeline.extraction.row_matrix import JoinedRows
from handcraft.pipeline.extraction.rows import stored_form
from handcraft.pipeline.images.colour import is_grey
from handcraft.pipeline.images.intake import fatal
from handcraft.pipeline.workers.batches import batches_of, run_batches, run_single_threaded
from handcraft.pipeline.workers.cluster import require_fit_workers

MANY = 100
"""With at least this many images workers are used: they take a second or two to start."""

BATCH_IMAGES = 32
"""Images of a batch: fewer than in training, so that a few hundred keep all workers busy."""

Numbered = tuple[int, Any]
"""An image, by its number among all given ones."""


@dataclass(frozen=True)
class Extracted:
    """Rows of the readable images, in order, whether each is grey, and errors by number."""

    rows: Rows
    are_grey: list[bool]
    errors: dict[int, Exception]


def extract_in_memory(
    extractor: Extractor, images: Sequence[Any], decoding: DecodeOptions, n_jobs: int | None
) -> Iterator[tuple[list[int], Extracted]]:
    """Yield the numbers of some images at a time, and their rows, equal to those in training.

    Parameters
    ----------
    extractor
        Fitted.
    images
        Paths, PIL images or arrays.
    decoding
        How files are decoded.
    n_jobs
        Worker processes for `MANY` images and more, see `run_batches`; fewer are read here.

    Raises
    ------
    RequestError
        If the workers of a cluster cannot do the work, see `require_fit_workers`.
    """
    work = functools.partial(_extract, extractor, decoding)
    batches = batches_of(list(enumerate(images)), BATCH_IMAGES)
    here = ((batch, run_single_threaded(work, batch)) for batch in batches)
    is_shared = len(images) >= MANY
    if is_shared:
        require_fit_workers([located(image) for image in images if _is_path(image)])
    for batch, extracted in run_batches(work, batches, n_jobs) if is_shared else here:
        numbers = [number for number, _ in batch]
        if extracted is None:
            extracted = Extracted(_no_rows(extractor), [], {numbers[0]: fatal(batch[0][1])})
        yield numbers, extracted


def _extract(extractor: Extractor, decoding: DecodeOptions, batch: Sequence[Numbered]) -> Extracted:
    """Return the rows of a batch, with at most `BATCH_PIXELS` in memory."""
    rows = [_no_rows(extractor)]
    images: list[Image] = []
    are_grey: list[bool] = []
    errors: dict[int, Exception] = {}
    for number, value in batch:
        try:
            images.append(open_image(value, decoding))
            are_grey.append(is_grey(images[-1]))
        except DecodeError as error:
            errors[number] = error
        except (TypeError, ValueError) as error:
            errors[number] = type(error)(f"image {number}: {error}")
        if sum(image.size // 3 for image in images) > BATCH_PIXELS:
            rows.append(rows_as_kept(extractor, images))
            images = []
    if images:
        rows.append(rows_as_kept(extractor, images))
    return Extracted(np.concatenate(rows), are_grey, errors)


def rows_as_kept(extractor: Extractor, images: Sequence[Image]) -> Rows:
    """Return rows as in training: each part's rounded as in the cache, then joined."""
    return JoinedRows(extractor, [stored_form(part, images) for part in extractor.parts])[:]


def _no_rows(extractor: Extractor) -> Rows:
    return np.empty((0, extractor.n_features), extractor.row_dtype)


def open_image(value: Any, decoding: DecodeOptions) -> Image:
    """Return a path, a PIL image or an array as an image."""
    return read_image(located(value), decoding) if _is_path(value) else as_image(value)


def _is_path(value: object) -> bool:
    """Return whether an image is given as a path."""
    return isinstance(value, str | os.PathLike)
