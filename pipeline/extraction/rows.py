"""Rows of many images: computed in worker processes and cached, or read from the cache."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.rows import convert
from handcraft.data.decode import DecodeError, Image
from handcraft.features.base import Extractor
from handcraft.pipeline.extraction.keys import rows_key
from handcraft.pipeline.extraction.one_pass import one_pass, tasks_of
from handcraft.pipeline.extraction.row_matrix import JoinedRows
from handcraft.pipeline.extraction.row_store import RowStore
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.cache import limit, prune
from handcraft.pipeline.run.context import RunContext


@dataclass(frozen=True)
class Features:
    """A fitted extractor, rows, their images, and the seconds taken in total."""

    extractor: Extractor
    rows: JoinedRows
    images: CheckedImages
    seconds: float


def compute_rows(
    extractor: Extractor,
    images: CheckedImages,
    context: RunContext,
    perturbations: Sequence[str] = (),
) -> Features:
    """Return the rows of all `images` that are still readable.

    Cached rows are used. The others are computed in worker processes,
    where each image is read and decoded once for all parts of `extractor`. The seconds are those
    of the run that computed the rows, this one or an earlier one.

    Parameters
    ----------
    extractor
        Fitted; of a concatenation, fitted parts are enough.
    images
        Images whose files have changed since they were checked are reported and left out.
    perturbations
        Names of `PERTURBATIONS`, applied to each image first, in order.
    """
    failed: dict[Path, DecodeError] | None = None
    while failed is None or failed:
        images = images.without(failed or {}, context.progress)
        stores = [_open_store(part, images, context, perturbations) for part in extractor.parts]
        failed = _compute_missing(extractor.parts, stores, images, context, perturbations)
    rows = JoinedRows(extractor, [store.rows() for store in stores])
    return Features(extractor, rows, images, sum(store.seconds() for store in stores))


def stored_form(part: Extractor, images: Sequence[Image]) -> NDArray[Any]:
    """Return the rows of some images as cached: in the part's `row_dtype`."""
    return convert(part.transform(images), np.dtype(part.row_dtype))


def _open_store(
    part: Extractor, images: CheckedImages, context: RunContext, perturbations: Sequence[str]
) -> RowStore:
    key = rows_key(part, perturbations, context.decoding)
    store = RowStore(context.cache, key, images.digests, part.n_features, part.row_dtype)
    store.check(context.progress)
    return store


def _compute_missing(
    parts: Sequence[Extractor],
    stores: Sequence[RowStore],
    images: CheckedImages,
    context: RunContext,
    perturbations: Sequence[str],
) -> dict[Path, DecodeError]:
    """Add missing rows to the stores; return the files that could not be read."""
    incomplete = [store for store in stores if len(store.missing()) > 0]
    if not incomplete:
        context.progress.skip("Extracting")
        return {}
    with ExitStack() as locks:
        for store in sorted(incomplete, key=lambda store: store.key):
            locks.enter_context(store.alone(context.progress))
        tasks = tasks_of(images, [store.missing() for store in stores])
        if not tasks:
            context.progress.skip("Extracting")  # another run has just computed them
            return {}
        wanted = {part for task in tasks for part in task.parts}
        names = ", ".join(parts[number].name for number in sorted(wanted))
        work = functools.partial(_transform, parts)
        with context.progress.stage(f"Extracting {names}", len(tasks), "images") as bar:
            write = functools.partial(_write, stores, context)
            failed = one_pass(work, tasks, write, bar.advance, context, perturbations)
    with suppress(OSError):
        prune(context.cache, limit(context.cache))
    return failed


def _write(
    stores: Sequence[RowStore],
    context: RunContext,
    part: int,
    numbers: Sequence[int],
    rows: NDArray[Any],
    seconds: float,
) -> None:
    """Write rows to the store of their part, wherever the cache is by then."""
    context.write_to_cache(lambda cache: stores[part].write(cache, numbers, rows, seconds))


def _transform(
    parts: Sequence[Extractor], part: int, _: Sequence[int], images: Sequence[Image]
) -> NDArray[Any]:
    return stored_form(parts[part], images)
