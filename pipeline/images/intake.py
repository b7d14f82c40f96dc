"""Reading every image once before the work: its content hash, its size, or what is wrong with it.

After this stage all images are known to decode, so that nothing later has to expect a bad one.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handcraft.data.decode import DecodeError, ImageInfo, inspect_image
from handcraft.data.folder import ImageSet
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.run.workers import batches_of, run_batches

BATCH_SIZE = 256

Finding = ImageInfo | DecodeError


@dataclass(frozen=True, eq=False)
class CheckedImages:
    """Images that decode, what was learned about each, and those that do not decode."""

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


def check_images(images: ImageSet, context: RunContext) -> CheckedImages:
    """Decode every image once; leave out, and name, those that do not decode.

    What is found is remembered in the cache for as long as a file keeps its size and its time of
    modification, so that the next run on the same folder starts at once.
    """
    context.cache.mkdir(parents=True, exist_ok=True)
    with closing(_Memory(context.cache / "images.sqlite")) as memory:
        findings: dict[Path, Finding] = memory.recall(images.paths)
        missing = [path for path in images.paths if path not in findings]
        if missing:
            batches = [missing[b.start : b.stop] for b in batches_of(len(missing), BATCH_SIZE)]
            results = run_batches(_inspect, batches, context.n_jobs)
            with context.progress.stage("Reading images", len(missing)) as bar:
                for batch, found in zip(batches, results, strict=True):
                    findings.update(zip(batch, found, strict=True))
                    memory.remember(batch, found)
                    bar.advance(len(batch))
    return _checked(images, findings, context.progress)


def _inspect(paths: Sequence[Path]) -> list[Finding]:
    findings: list[Finding] = []
    for path in paths:
        try:
            findings.append(inspect_image(path))
        except DecodeError as error:
            findings.append(error)
    return findings


def _checked(images: ImageSet, findings: dict[Path, Finding], progress: Progress) -> CheckedImages:
    unreadable = tuple(f for f in findings.values() if isinstance(f, DecodeError))
    for error in unreadable:
        progress.say(f"skipped: {error}")
    if unreadable:
        progress.say(f"{len(unreadable):,} of {len(images):,} images skipped")
    infos = {path: info for path, info in findings.items() if isinstance(info, ImageInfo)}
    good = [i for i, path in enumerate(images.paths) if path in infos]
    return CheckedImages(images.subset(good), infos, unreadable)


class _Memory:
    """The findings of earlier runs: a table of path, size, time of modification and info."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, timeout=60)
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS image_infos (path TEXT PRIMARY KEY, size INTEGER, "
            "modified_ns INTEGER, info TEXT)"
        )

    def recall(self, paths: Sequence[Path]) -> dict[Path, Finding]:
        """Return the infos of those images that are known and have not changed since."""
        known: dict[Path, Finding] = {}
        query = "SELECT info FROM image_infos WHERE path = ? AND size = ? AND modified_ns = ?"
        for path in paths:
            row = self._database.execute(query, _stamp(path)).fetchone()
            if row:
                known[path] = ImageInfo(*json.loads(row[0]))
        return known

    def remember(self, paths: Sequence[Path], findings: Sequence[Finding]) -> None:
        """Keep what was found; an unreadable image is looked at afresh in every run."""
        rows = [
            (*_stamp(path), json.dumps(astuple(finding)))
            for path, finding in zip(paths, findings, strict=True)
            if isinstance(finding, ImageInfo)
        ]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO image_infos VALUES (?,?,?,?)", rows)

    def close(self) -> None:
        """Close the database."""
        self._database.close()


def _stamp(path: Path) -> tuple[str, int, int]:
    """Return what identifies a file's present content without reading it."""
    try:
        status = path.stat()
    except OSError:
        return str(path.absolute()), -1, -1  # it is gone, and inspecting it will say so
    return str(path.absolute()), status.st_size, status.st_mtime_ns
