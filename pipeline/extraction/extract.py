"""Features of many images: the extractor is fitted, rows are computed in parallel and kept.

Both the fitted extractor and the rows are stored under a key that holds all they depend on
(image content, parameters, seed, version of the code), so that a later run, or the same run
after a kill, continues from what is there.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft import features
from handcraft.classifiers.numerics.memmap import release_pages
from handcraft.data import decode
from handcraft.data import perturbations as changes
from handcraft.data.images import ImageFiles
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.features import extractor_from_state
from handcraft.features.base import Extractor, Rows
from handcraft.features.combine.concat import BLOCK_SAMPLE
from handcraft.features.sampling import sample_indices
from handcraft.pipeline.extraction.row_store import RowStore, prune
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.state_file import fingerprint, read_state, write_state
from handcraft.pipeline.run.workers import batches_of, run_batches

BATCH_SIZE = 128
"""Images per task: tens of milliseconds of work for the smallest images, seconds for large ones."""


@dataclass(frozen=True)
class Features:
    """A fitted extractor, the rows of the training images, and the seconds both took."""

    extractor: Extractor
    rows: Rows
    seconds: float


def learn_features(
    extractor: Extractor,
    training: CheckedImages,
    seed: int,
    context: RunContext,
) -> Features:
    """Fit `extractor` on the training images and compute their rows.

    The parts of a concatenation are learned one by one, so that each is fitted and extracted
    once however many concatenations it is part of.
    """
    extractor = extractor.with_seed(seed)
    if len(extractor.parts) > 1:
        parts = [learn_features(part, training, seed, context) for part in extractor.parts]
        start = time.perf_counter()
        extractor = extractor.with_parts([part.extractor for part in parts])
        sample = sample_indices(len(training), BLOCK_SAMPLE, seed)
        extractor.learn_blocks([part.rows[sample] for part in parts])
        for part in parts:
            release_pages(part.rows)
        fitting = sum(part.seconds for part in parts) + time.perf_counter() - start
    else:
        extractor, fitting = _fit(extractor, training, context)
    rows, seconds = compute_rows(extractor, training, context)
    return Features(extractor, rows, fitting + seconds)


def compute_rows(
    extractor: Extractor,
    images: CheckedImages,
    context: RunContext,
    changes: Sequence[str] = (),
) -> tuple[Rows, float]:
    """Return the memory-mapped rows of all `images`, and the seconds they took.

    The seconds are those of the run that computed the rows, this one or an earlier one. `changes`
    of `PERTURBATIONS` are made to each image before, one after the other.
    """
    key = fingerprint(extractor.to_state(), code_version())
    digests = [" ".join([digest, *changes]) for digest in images.digests]
    store = RowStore(
        context.cache / "rows" / key, digests, extractor.n_features, extractor.row_dtype
    )
    missing = store.missing()
    if len(missing) == 0:
        return store.rows, store.seconds
    batches = [missing[batch.start : batch.stop] for batch in batches_of(len(missing), BATCH_SIZE)]
    if len(extractor.parts) > 1:
        parts = [compute_rows(part, images, context, changes)[0] for part in extractor.parts]
        results: Iterator[Rows] = (_join(extractor, parts, batch) for batch in batches)
    else:
        work = functools.partial(_transform, extractor, changes)
        results = run_batches(
            work, [[images.paths[i] for i in batch] for batch in batches], context.n_jobs
        )
    _store_results(results, batches, store, f"Extracting {extractor.name}", context)
    prune(context.cache / "rows")
    return store.rows, store.seconds


def _join(extractor: Extractor, parts: Sequence[Rows], batch: NDArray[np.intp]) -> Rows:
    rows = extractor.join([part[batch] for part in parts])
    for part in parts:
        release_pages(part)
    return rows


def _store_results(
    results: Iterator[Rows],
    batches: Sequence[NDArray[np.intp]],
    store: RowStore,
    what: str,
    context: RunContext,
) -> None:
    """Write the rows of each batch as it comes, with the seconds since the one before."""
    start = time.perf_counter()
    with context.progress.stage(what, sum(map(len, batches))) as bar:
        for batch, rows in zip(batches, results, strict=True):
            now = time.perf_counter()
            store.write(batch, rows, seconds=now - start)
            start = now
            bar.advance(len(batch))


def _fit(
    extractor: Extractor, training: CheckedImages, context: RunContext
) -> tuple[Extractor, float]:
    """Fit `extractor`, or take it as it was fitted before on the same images and seed."""
    key = fingerprint(extractor.to_state(), training.digests, code_version())
    path = context.cache / "fitted" / f"{key}.safetensors"
    if not path.exists():
        start = time.perf_counter()
        with context.progress.stage(f"Fitting {extractor.name}", 1) as bar:
            fitted = copy.deepcopy(extractor)  # the one given may be used again
            fitted.fit(ImageFiles(training.paths))
            bar.advance(1)
        seconds = time.perf_counter() - start
        write_state(path, {"extractor": fitted.to_state(), "seconds": seconds})
    state = read_state(path)
    return extractor_from_state(state["extractor"]), state["seconds"]


def _transform(extractor: Extractor, changes: Sequence[str], paths: Sequence[Path]) -> Rows:
    images = []
    for path in paths:
        image = decode.read_image(path)
        for change in changes:
            image = PERTURBATIONS[change](image)
        images.append(image)
    return extractor.transform(images)


@functools.cache
def code_version() -> str:
    """Return a fingerprint of all code that rows depend on: ours, and the libraries'."""
    digest = hashlib.blake2b(digest_size=16)
    sources = [Path(decode.__file__), Path(changes.__file__)]
    for file in [*sources, *sorted(Path(features.__file__).parent.rglob("*.py"))]:
        digest.update(file.read_bytes())
    for library in ("numpy", "opencv-python-headless", "pillow", "scikit-learn", "scipy"):
        digest.update(f"{library} {version(library)}".encode())
    return digest.hexdigest()
