"""Extractors fitted on the training images, all parts of one in a single pass."""

from __future__ import annotations

import copy
import functools
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from handcraft.classifiers.numerics.threads import default_jobs
from handcraft.data.decode import DecodeError, Image
from handcraft.features import extractor_from_state
from handcraft.features.base import Extractor
from handcraft.features.sampling import BLOCK_SAMPLE, image_rng, sample_indices
from handcraft.pipeline.extraction.keys import fitted_key
from handcraft.pipeline.extraction.one_pass import one_pass, tasks_of
from handcraft.pipeline.extraction.rows import Features, compute_rows
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.state_file import StateFileError, read_state, write_state


def learn_features(
    extractor: Extractor, training: CheckedImages, seed: int, context: RunContext
) -> Features:
    """Fit `extractor` on the training images and compute their rows.

    The result is that of ``extractor.fit`` on the same images with this seed. The parts of a
    concatenation are fitted and cached one by one, so that each is fitted only once for all
    concatenations it is part of.

    Parameters
    ----------
    extractor
        Not modified.
    training
        Images whose files have changed since they were checked are reported and left out.
    """
    extractor = extractor.with_seed(seed)
    fits, training = _fit_parts(extractor.parts, training, context)
    fitted = extractor.with_parts([fit.extractor for fit in fits])
    features = compute_rows(fitted, training, context)
    start = time.perf_counter()
    sample = sample_indices(len(features.images), BLOCK_SAMPLE, seed)
    fitted.learn_blocks([block[sample] for block in features.rows.blocks])
    seconds = sum(fit.seconds for fit in fits) + time.perf_counter() - start
    return replace(features, seconds=features.seconds + seconds)


def is_fitted(
    extractor: Extractor, training: CheckedImages, seed: int, context: RunContext
) -> bool:
    """Return whether an earlier run has fitted a part of it on these images."""
    parts = extractor.with_seed(seed).parts
    keys = [fitted_key(part, training.digests, context.decoding) for part in parts]
    return any(_path(context.cache, key).exists() for key in keys)


@dataclass
class _Fit:
    """A part, fitted or to be fitted, its key in the cache, and the seconds it took.

    `collected` are the results for the images of its sample, by image number.
    """

    extractor: Extractor
    key: str
    is_fitted: bool = False
    seconds: float = 0.0
    collected: dict[int, Any] = field(default_factory=dict)


def _fit_parts(
    parts: Sequence[Extractor], images: CheckedImages, context: RunContext
) -> tuple[list[_Fit], CheckedImages]:
    """Return the parts fitted on all images that are still readable, and these images."""
    failed: dict[Path, DecodeError] | None = None
    while failed is None or failed:
        images = images.without(failed or {}, context.progress)
        fits = [_recall(part, images, context) for part in parts]
        failed = _fit([fit for fit in fits if not fit.is_fitted], images, context)
    return fits, images


def _recall(part: Extractor, images: CheckedImages, context: RunContext) -> _Fit:
    """Return the part as an earlier run fitted it on the same images, if one did."""
    key = fitted_key(part, images.digests, context.decoding)
    path = _path(context.cache, key)
    try:
        state = read_state(path)
        if state.get("key") != key:
            raise StateFileError(f"{path}: not the extractor that belongs here")
        fit = _Fit(extractor_from_state(state["extractor"]), key, True, float(state["seconds"]))
    except FileNotFoundError:
        return _Fit(copy.deepcopy(part), key)
    except StateFileError as error:
        context.progress.say(f"{error}; rebuilt")
        return _Fit(copy.deepcopy(part), key)
    with suppress(OSError):
        os.utime(path)  # the most recently used is deleted last
    return fit


def _fit(
    fits: Sequence[_Fit], images: CheckedImages, context: RunContext
) -> dict[Path, DecodeError]:
    """Fit and cache the parts, or return the files that could not be read."""
    if not fits:
        context.progress.skip("Fitting")
        return {}
    extractors = [fit.extractor for fit in fits]
    samples = [sample_indices(len(images), e.sample_size, e.seed) for e in extractors]
    for extractor, sample in zip(extractors, samples, strict=True):
        extractor.learn_sizes(images.sizes(sample))
    tasks = tasks_of(images, samples)
    names = ", ".join(extractor.name for extractor in extractors)
    with context.progress.stage(f"Fitting {names}", len(tasks), "images") as bar:
        work = functools.partial(_collect, extractors)
        take = functools.partial(_take, fits)
        failed = one_pass(work, tasks, take, bar.advance, context)
        for fit in fits if not failed else ():
            _learn(fit, context)
    return failed


def _collect(
    extractors: Sequence[Extractor], part: int, numbers: Sequence[int], images: Sequence[Image]
) -> list[Any]:
    extractor = extractors[part]
    return [
        extractor.collect(image, image_rng(extractor.seed, number))
        for number, image in zip(numbers, images, strict=True)
    ]


def _take(
    fits: Sequence[_Fit], part: int, numbers: Sequence[int], made: Sequence[Any], seconds: float
) -> None:
    """Store collected results with those of their part."""
    fits[part].collected.update(zip(numbers, made, strict=True))
    fits[part].seconds += seconds


def _learn(fit: _Fit, context: RunContext) -> None:
    """Finish a fit, and cache it."""
    collected = [fit.collected.pop(number) for number in sorted(fit.collected)]
    start = time.perf_counter()
    with default_jobs(context.n_jobs):
        fit.extractor.learn(collected)
    fit.seconds += time.perf_counter() - start
    state = {"key": fit.key, "extractor": fit.extractor.to_state(), "seconds": fit.seconds}
    context.write_to_cache(lambda cache: write_state(_path(cache, fit.key), state))


def _path(cache: Path, key: str) -> Path:
    return cache / "fitted" / f"{key}.safetensors"
