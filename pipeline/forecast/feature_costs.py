"""The cost of features on this machine: timings of the real extractors on a few images."""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.classifiers.numerics.threads import default_jobs, usable_cores
from handcraft.data.decode import DecodeOptions, Image, readable_images
from handcraft.features.base import Extractor
from handcraft.features.sampling import image_rng
from handcraft.pipeline.extraction.rows import stored_form
from handcraft.pipeline.forecast.speed import timed
from handcraft.pipeline.images.intake import CheckedImages
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.workers.batches import run_batches

PROBED_PIXELS = 600_000
"""Pixels of all probed images together: ten of 300 x 200 pixels, a tenth of a second of VLAD."""

PROBED_IMAGES = (8, 64)
"""The fewest and the most images: the time to decode a few tiny ones cannot be measured."""

SHARE = 16
"""Ratio of the descriptors from which a vocabulary is learned to those used in a trial."""


@dataclass(frozen=True)
class FeatureCost:
    """The seconds that an extractor takes in one process, and the size of its rows.

    Attributes
    ----------
    collect, extract
        Per image, without reading it.
    learn
        The rest of a fit, once, on all usable cores.
    n_features, n_blocks
        The length of a row, and its number of blocks.
    """

    collect: float
    learn: float
    extract: float
    n_features: int
    n_blocks: int


@dataclass(frozen=True)
class FeatureCosts:
    """The costs of extractors on the images of a folder.

    Attributes
    ----------
    read
        The seconds in which one process reads an image.
    of_part
        By `repr` of the extractor, which contains all its parameters.
    n_workers
        Processes that share the images.
    stretch
        Elapsed seconds per processor second: more than 1 if other programs are running.
    """

    read: float
    of_part: dict[str, FeatureCost]
    n_workers: int
    stretch: float

    def fit(self, parts: Sequence[Extractor], n_images: int) -> float:
        """Return the seconds to fit some extractors on a number of images."""
        if not parts:
            return 0.0
        samples = [min(n_images, part.sample_size) for part in parts]
        costs = [self.of_part[repr(part)] for part in parts]
        collect = sum(n * cost.collect for n, cost in zip(samples, costs, strict=True))
        learn = sum(cost.learn for cost in costs)
        return (max(samples) * self.read + collect) / self.n_workers + learn

    def extract(self, parts: Sequence[Extractor], n_images: int) -> float:
        """Return the seconds to read a number of images and extract rows with some extractors."""
        if not parts:
            return 0.0
        each = sum(self.of_part[repr(part)].extract for part in parts)
        return n_images * (self.read + each) / self.n_workers

    def of(self, extractor: Extractor) -> FeatureCost:
        """Return the total cost of its parts."""
        parts = [self.of_part[repr(part)] for part in extractor.parts]
        names = [f.name for f in fields(FeatureCost)]
        return FeatureCost(**{n: sum(getattr(part, n) for part in parts) for n in names})


def measure_features(
    extractors: Sequence[Extractor], images: CheckedImages, context: RunContext
) -> FeatureCosts:
    """Fit each part of the extractors on a few of the images, and extract their rows.

    This runs in the processes that will do the work, all at the same time as then. Vocabularies
    have their full size, but are learned from fewer descriptors.
    """
    parts = list({repr(part): part for e in extractors for part in e.parts}.values())
    n_workers = _n_workers(context)
    chosen = _spread(images, n_workers)
    fitted = [copy.deepcopy(part) for part in parts]
    for part in fitted:
        part.learn_sizes(np.repeat(images.sizes(chosen), SHARE, axis=0))
    paths = [images.paths[number] for number in chosen]
    collected = _in_workers(_collect, fitted, paths, context)
    with default_jobs(context.n_jobs):
        learn = [
            _learn(part, [one for tried in collected for one in tried.made[i]]) / usable_cores()
            for i, part in enumerate(fitted)
        ]
    extracted = _in_workers(_extract, fitted, paths, context)
    costs = {
        repr(part): FeatureCost(
            _per_image(collected, [tried.seconds[i] for tried in collected]),
            learn[i],
            _per_image(extracted, [tried.seconds[i] for tried in extracted]),
            fitted[i].n_features,
            len(fitted[i].blocks),
        )
        for i, part in enumerate(parts)
    }
    both = [*collected, *extracted]
    read = _per_image(both, [tried.read for tried in both])
    return FeatureCosts(read, costs, n_workers, _stretch(both))


@dataclass(frozen=True)
class _Tried:
    """The results of each extractor on some images; seconds to read, of each, and in total."""

    n_images: int
    read: float
    made: Sequence[Any]
    seconds: Sequence[float]
    elapsed: float


Work = Callable[[Extractor, Sequence[Image]], Any]


def _n_workers(context: RunContext) -> int:
    """Return the number of parallel processes, here or on a cluster."""
    import joblib

    return int(joblib.effective_n_jobs(usable_cores(context.n_jobs)))


def _in_workers(
    work: Work, parts: Sequence[Extractor], paths: Sequence[Path], context: RunContext
) -> list[_Tried]:
    """Let each part work on the images, in as many processes as in the run."""
    n = _n_workers(context)
    process = functools.partial(_try_batch, work, parts, context.decoding)
    batches = [paths[i::n] for i in range(min(n, len(paths)))]
    found = run_batches(process, batches, context.n_jobs)
    return [tried for _, tried in found if tried is not None]


def _try_batch(
    work: Work, parts: Sequence[Extractor], decoding: DecodeOptions, paths: Sequence[Path]
) -> _Tried:
    """Read some images and work on them, after a warm-up on the first: first calls import much."""
    for part in parts:
        work(part, list(readable_images(paths[:1], decoding)))
    start = time.perf_counter()
    read, images = timed(lambda: list(readable_images(paths, decoding)))
    done = [timed(functools.partial(work, part, images)) for part in parts]
    elapsed = time.perf_counter() - start
    seconds, made = zip(*done, strict=True)
    return _Tried(len(images), read, made, seconds, elapsed)


def _collect(part: Extractor, images: Sequence[Image]) -> list[Any]:
    return [part.collect(image, image_rng(part.seed, 0)) for image in images]


def _extract(part: Extractor, images: Sequence[Image]) -> None:
    """Compute rows as cached, without returning them from the worker."""
    stored_form(part, images)


def _learn(part: Extractor, collected: Sequence[Any]) -> float:
    """Fit a part on a share of the descriptors; return the processor seconds for all of them.

    The constant part of the time is found by fitting on a quarter of these first.
    """
    part.learn(collected[:1])  # a warm-up: the first call imports much
    few = collected[::4]
    of_few = timed(functools.partial(part.learn, few))[0]
    seconds = timed(functools.partial(part.learn, collected))[0]
    n, n_all = len(collected), SHARE * len(collected)
    each = max(seconds - of_few, 0.0) / max(n - len(few), 1)
    return seconds + (n_all - n) * each


def _spread(images: CheckedImages, n_workers: int) -> NDArray[np.intp]:
    """Return images from the smallest to the largest, the same number for each process."""
    sizes = images.sizes(np.arange(len(images))).prod(axis=1)
    fewest, most = PROBED_IMAGES
    n = int(np.clip(PROBED_PIXELS / np.median(sizes), fewest, most))
    n = min(-(-n // n_workers) * n_workers, len(images))
    order = np.argsort(sizes, kind="stable")
    places = (np.arange(n) + 0.5) * len(images) / n  # the middle of each n-th part
    return order[places.astype(np.intp)]


def _per_image(tried: Sequence[_Tried], seconds: Sequence[float]) -> float:
    """Return the mean over images, in which large ones weigh by their time."""
    return sum(seconds) / max(sum(one.n_images for one in tried), 1)


def _stretch(tried: Sequence[_Tried]) -> float:
    """Return the elapsed seconds per processor second."""
    busy = sum(one.read + sum(one.seconds) for one in tried)
    return max(sum(one.elapsed for one in tried) / busy, 1.0) if busy else 1.0
