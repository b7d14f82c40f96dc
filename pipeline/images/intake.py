"""Reading every image once before the work: content hash and size, or the error.

After this step all images are known to decode. One that later fails to decode is left out then, see
`CheckedImages.without`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError, DecodeOptions, ImageInfo, inspect_image
from handcraft.data.image_info import oddities
from handcraft.data.image_set import ImageSet
from handcraft.data.splits import merged_groups
from handcraft.pipeline.images.known_images import Stamp, recall, remember, stamp
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.workers.batches import batches_of, run_batches
from handcraft.pipeline.workers.cluster import require_fit_workers

BATCH_SIZE = 256

Finding = ImageInfo | DecodeError


@dataclass(frozen=True, eq=False)
class CheckedImages:
    """Images that decode, with their properties, and those that do not decode."""

    images: ImageSet
    infos: dict[Path, ImageInfo]
    unreadable: tuple[DecodeError, ...]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The image files."""
        return self.images.paths

    @property
    def labels(self) -> NDArray[np.intp]:
        """The class of each image: (n_images,)."""
        return self.images.labels

    @property
    def digests(self) -> list[str]:
        """The content hash of each image file."""
        return [self.infos[path].digest for path in self.paths]

    @property
    def groups(self) -> NDArray[np.intp]:
        """Group numbers of copies and given groups, which splits keep together: (n_images,)."""
        given = [] if self.images.groups is None else [self.images.groups]
        return merged_groups(self.digests, *given)

    def sizes(self, numbers: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return height and width in pixels of some of the images: (n, 2)."""
        infos = [self.infos[self.paths[number]] for number in numbers]
        return np.array([(info.height, info.width) for info in infos], np.intp)

    def without(self, failed: Mapping[Path, DecodeError], progress: Progress) -> CheckedImages:
        """Report images that cannot be read any more, and return the others."""
        if not failed:
            return self
        for error in failed.values():
            progress.say(f"skipped: {error}")
        kept = [i for i, path in enumerate(self.paths) if path not in failed]
        unreadable = (*self.unreadable, *failed.values())
        return replace(self, images=self.images.subset(kept), unreadable=unreadable)


def check_images(images: ImageSet, context: RunContext) -> CheckedImages:
    """Decode every image once; leave out, and report, those that do not decode.

    The results are cached for as long as a file does not change, so that the next run on the same
    folder starts at once.

    Raises
    ------
    RequestError
        If the workers of a cluster cannot do the work, see `require_fit_workers`.
    """
    require_fit_workers(images.paths)
    stamps = {path: stamp(path, context.decoding) for path in images.paths}
    known = context.write_to_cache(
        lambda cache: recall(cache, list(stamps.values()), context.progress)
    )
    findings: dict[Path, Finding] = {
        path: info for path, info in zip(stamps, known, strict=True) if info is not None
    }
    findings |= _read([path for path in stamps if path not in findings], stamps, context)
    return _checked(images, findings, context)


def fatal(path: object) -> DecodeError:
    """Return the error for a file that crashed the worker process reading it, twice."""
    return DecodeError(str(path), "two processes died when they read it")


def _read(
    paths: Sequence[Path], stamps: Mapping[Path, Stamp], context: RunContext
) -> dict[Path, Finding]:
    """Inspect the files in worker processes, and cache the results of those that decode."""
    findings: dict[Path, Finding] = {}
    if not paths:
        return findings
    with context.progress.stage("Reading images", len(stamps), "images") as bar:
        bar.advance(len(stamps) - len(paths))
        batches = batches_of(paths, BATCH_SIZE)
        inspect = functools.partial(_inspect, context.decoding)
        for batch, found in run_batches(inspect, batches, context.n_jobs):
            new = dict(zip(batch, found or map(fatal, batch), strict=True))
            infos = [(stamps[p], info) for p, info in new.items() if isinstance(info, ImageInfo)]
            keep = functools.partial(remember, infos=infos, progress=context.progress)
            context.write_to_cache(keep)
            findings |= new
            bar.advance(len(batch))
    return findings


def _inspect(decoding: DecodeOptions, paths: Sequence[Path]) -> list[Finding]:
    return [_inspect_one(path, decoding) for path in paths]


def _inspect_one(path: Path, decoding: DecodeOptions) -> Finding:
    try:
        return inspect_image(path, decoding)
    except DecodeError as error:
        return error


def _checked(images: ImageSet, findings: dict[Path, Finding], context: RunContext) -> CheckedImages:
    progress = context.progress
    unreadable = tuple(f for f in findings.values() if isinstance(f, DecodeError))
    for error in unreadable:
        progress.say(f"skipped: {error}")
    if unreadable:
        progress.say(f"{len(unreadable):,} of {len(images):,} images skipped")
    infos = {path: info for path, info in findings.items() if isinstance(info, ImageInfo)}
    for sentence in oddities(list(infos.values()), context.decoding.white):
        progress.say(sentence)
    good = [i for i, path in enumerate(images.paths) if path in infos]
    return CheckedImages(images.subset(good), infos, unreadable)
