"""Feature rows on disk: files of a batch of rows each, found by the content of the images.

A file holds the rows of some images, their content hashes and a checksum. It is written atomically
and never changes. So a killed run leaves only valid files, different lists of images share rows,
and two runs may write at the same time.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from handcraft.pipeline.extraction.row_matrix import Segment, StoredRows
from handcraft.pipeline.run.cache import making_lock, use_lock
from handcraft.pipeline.run.lock import Lock
from handcraft.pipeline.run.progress import Progress
from handcraft.pipeline.run.state_file import (
    StateFileError,
    fingerprint,
    read_document,
    read_state,
    write_state,
)
from handcraft.pipeline.run.text import counted

MISSING = -1
"""Marks a missing row, in place of the number of its file."""


class RowStore:
    """The rows of one fitted extractor for a list of images.

    While the store or its rows are referenced, no other run deletes them.

    Parameters
    ----------
    cache
        The folder of the cache.
    key
        Hash of everything that the rows depend on, except the images.
    digests
        The content hashes of the images; images with equal hashes share a row.
    n_features, dtype
        Of the rows.
    """

    def __init__(
        self, cache: Path, key: str, digests: Sequence[str], n_features: int, dtype: DTypeLike
    ) -> None:
        self.key, self._digests = key, digests
        self._folder = cache / "rows" / key
        self._n_features, self._dtype = n_features, np.dtype(dtype)
        positions: dict[str, int] = {}
        self._first = np.array([positions.setdefault(d, i) for i, d in enumerate(digests)], np.intp)
        self._positions = positions
        self._lock = _shared(use_lock(cache, key))
        self.refresh()
        with suppress(OSError):
            os.utime(self._folder)  # the most recently used is deleted last

    def refresh(self) -> None:
        """Find the existing rows."""
        self._segments: list[Segment] = []
        self._segment_of = np.full(len(self._digests), MISSING, np.intp)
        self._row_of = np.zeros(len(self._digests), np.intp)
        for path in sorted(self._folder.glob("*.safetensors")):
            with suppress(StateFileError, OSError, LookupError, TypeError, ValueError):
                document = read_document(path)
                if path.name == self._name(document["digests"]):  # and no copy of another file
                    self._add(path, document["digests"], document["seconds"])

    def check(self, progress: Progress) -> None:
        """Verify the files of these images; forget and delete damaged ones."""
        damaged = []
        for number in np.unique(self._segment_of[self._segment_of != MISSING]):
            path = self._segments[number].path
            try:
                status = path.stat()
                _require_whole(path, status.st_ino, status.st_size, status.st_mtime_ns)
            except (StateFileError, OSError) as error:
                damaged.append(error)
                self._segment_of[self._segment_of == number] = MISSING
                with suppress(OSError):
                    path.unlink()
        if damaged:
            others = counted(len(damaged) - 1, "other file")
            progress.say(f"{damaged[0]}; rebuilt" + (f", with {others}" if damaged[1:] else ""))

    def missing(self) -> NDArray[np.intp]:
        """Return the images without a row, ascending; of equal images only the first."""
        return np.unique(self._first[self._segment_of[self._first] == MISSING])

    def write(self, cache: Path, images: Sequence[int], rows: NDArray[Any], seconds: float) -> None:
        """Store rows of some of the images, which took `seconds` in total.

        After a power cut the checksum exposes an incomplete file, so that writes need not be
        flushed to the disk.
        """
        digests = [self._digests[i] for i in images]
        path = cache / "rows" / self.key / self._name(digests)
        state = {"digests": digests, "seconds": seconds, "rows": rows.astype(self._dtype)}
        write_state(path, state, durable=False)
        self._add(path, digests, seconds)

    def rows(self) -> StoredRows:
        """Return the rows of the images, none of which may be missing."""
        segment_of, row_of = self._segment_of[self._first], self._row_of[self._first]
        shape = (len(self._digests), self._n_features)
        return StoredRows(self._segments, segment_of, row_of, shape, self._dtype, self._lock)

    def seconds(self) -> float:
        """Return the seconds that the rows of the images took, in whichever run."""
        numbers, counts = np.unique(self._segment_of[np.unique(self._first)], return_counts=True)
        segments = [self._segments[number] for number in numbers]
        return math.fsum(
            count * segment.seconds / segment.n_rows
            for segment, count in zip(segments, counts.tolist(), strict=True)
        )

    @contextmanager
    def alone(self, progress: Progress) -> Iterator[None]:
        """Add rows under an exclusive lock; another run may have added some that were missing."""
        with suppress(OSError):  # where locking fails, so does writing
            lock = Lock(making_lock(self._folder.parent.parent, self.key))
            lock.wait(lambda: progress.say("waiting for another run that extracts these features"))
        self.refresh()
        self.check(progress)
        yield

    def _name(self, digests: Sequence[str]) -> str:
        return f"{fingerprint(self.key, digests)}.safetensors"

    def _add(self, path: Path, digests: Sequence[str], seconds: float) -> None:
        known = [(i, self._positions[d]) for i, d in enumerate(digests) if d in self._positions]
        if known:
            rows, images = np.transpose(known)
            self._segment_of[images], self._row_of[images] = len(self._segments), rows
            n_bytes = len(digests) * self._n_features * self._dtype.itemsize
            offset = path.stat().st_size - n_bytes  # the rows end the file
            self._segments.append(Segment(path, len(digests), offset, float(seconds)))


@functools.cache
def _require_whole(path: Path, *_stamp: int) -> None:
    """Raise StateFileError if a file is damaged; a valid one is not read again."""
    read_state(path)


def _shared(path: Path) -> Lock | None:
    """Take a shared lock; None where locking fails, and so nobody deletes anything either."""
    try:
        lock = Lock(path)
        lock.share()
    except OSError:
        return None
    return lock
