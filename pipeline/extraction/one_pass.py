"""One pass over images: each is read and decoded once, for all parts of an extractor."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError, DecodeOptions, Image, read_with_info
from handcraft.data.perturbations import PERTURBATIONS
from handcraft.pipeline.images.intake import CheckedImages, fatal
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.workers.batches import batches_of, run_batches

BATCH_IMAGES = 128
"""Images per batch: tens of milliseconds of work for the smallest, seconds for large ones."""

N_BATCHES = 24
"""The fewest batches of a small set: workers finish their last ones at different times.
On two cores, 144 photographs in two batches, of 128 and 16, took as long as on one."""

BATCH_PIXELS = 64_000_000
"""The most pixels of a batch, 192 MB, unless a single image has more."""

Work = Callable[[int, Sequence[int], Sequence[Image]], Any]
"""Processes some images, given the number of the part, the images' numbers, and the images."""

Take = Callable[[int, Sequence[int], Any, float], None]
"""Takes a result: number of the part, numbers of the images, result, seconds."""


@dataclass(frozen=True)
class Task:
    """An image, by its number, and the numbers of the parts that need it."""

    number: int
    path: Path
    digest: str
    n_pixels: int
    parts: tuple[int, ...]


@dataclass
class Outcome:
    """Results of the parts for a batch, and the files that could not be read again."""

    numbers: list[int] = field(default_factory=list)
    made: dict[int, Any] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)
    failed: dict[Path, DecodeError] = field(default_factory=dict)


def tasks_of(images: CheckedImages, wanted: Sequence[NDArray[np.intp]]) -> list[Task]:
    """Return a task for every image that a part needs, given the numbers that each part needs."""
    parts_of: dict[int, list[int]] = {}
    for part, numbers in enumerate(wanted):
        for number in numbers.tolist():
            parts_of.setdefault(number, []).append(part)
    tasks = []
    for number, parts in sorted(parts_of.items()):
        path = images.paths[number]
        info = images.infos[path]
        tasks.append(Task(number, path, info.digest, info.height * info.width, tuple(parts)))
    return tasks


def one_pass(
    work: Work,
    tasks: Sequence[Task],
    take: Take,
    advance: Callable[[int], None],
    context: RunContext,
    perturbations: Sequence[str] = (),
) -> dict[Path, DecodeError]:
    """Run `work` in worker processes on the images of all `tasks`; return the unreadable ones.

    Parameters
    ----------
    work
        Called in the workers, for each batch and each part that needs its images.
    tasks
        The images.
    take
        Called here with each result, and with its share of the elapsed time.
    advance
        Called with the number of images just finished.
    perturbations
        Names of `PERTURBATIONS`, applied to each image first, in order.
    """
    process = functools.partial(_process, work, context.decoding, perturbations)
    failed: dict[Path, DecodeError] = {}
    start = time.perf_counter()
    for batch, outcome in run_batches(process, _batches(tasks), context.n_jobs):
        seconds, start = time.perf_counter() - start, time.perf_counter()
        if outcome is None:
            failed[batch[0].path] = fatal(batch[0].path)
        else:
            failed |= outcome.failed
            total = sum(outcome.seconds.values())
            for part, made in outcome.made.items():
                take(part, outcome.numbers, made, seconds * outcome.seconds[part] / total)
        advance(len(batch))
    return failed


def _batches(tasks: Sequence[Task]) -> list[Sequence[Task]]:
    """Return batches of images that the same parts need, and that fit into memory together."""
    groups: dict[tuple[int, ...], list[Task]] = {}
    for task in tasks:
        groups.setdefault(task.parts, []).append(task)
    most = min(BATCH_IMAGES, -(-len(tasks) // N_BATCHES))
    return [
        batch
        for group in groups.values()
        for batch in batches_of(group, most, lambda task: task.n_pixels / BATCH_PIXELS)
    ]


def _process(
    work: Work, decoding: DecodeOptions, perturbations: Sequence[str], tasks: Sequence[Task]
) -> Outcome:
    """Read the images of a batch, and give them to the parts, in a worker process."""
    outcome, images = Outcome(), []
    start = time.perf_counter()
    for task in tasks:
        try:
            images.append(_read_again(task, decoding, perturbations))
            outcome.numbers.append(task.number)
        except DecodeError as error:
            outcome.failed[task.path] = error
    share = (time.perf_counter() - start) / len(tasks[0].parts)
    for part in tasks[0].parts if images else ():
        start = time.perf_counter()
        outcome.made[part] = work(part, outcome.numbers, images)
        outcome.seconds[part] = time.perf_counter() - start + share
    return outcome


def _read_again(task: Task, decoding: DecodeOptions, perturbations: Sequence[str]) -> Image:
    """Return the image if its file has not changed since it was checked."""
    image, info = read_with_info(task.path, decoding)
    if info.digest != task.digest:
        raise DecodeError(str(task.path), "it changed during the run", "run again")
    for name in perturbations:
        image = PERTURBATIONS[name](image)
    return image
