"""Feature rows on disk: files of a batch of rows each, found by the content of the images.

A file holds the rows of some images, the content hashes of these and a checksum. It appears whole
or not at all, and never changes. So whatever a killed run leaves is right, other lists of images
find the rows that they share, and two runs may write at once.
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
"""In place of the number of the file that holds a row."""


class RowStore:
    """The rows of one fitted extractor for a list of images.

    While anything refers to the store or its rows, no other run deletes them.

    Parameters
    ----------
    cache
        The folder of the cache.
    key
        Names all that the rows depend on, other than the images.
    digests
        The content hashes of the images; equal ones share a row.
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
            os.utime(self._folder)  # what was used last is deleted last

    def refresh(self) -> None:
        """Find the rows that there are now."""
        self._segments: list[Segment] = []
        self._segment_of = np.full(len(self._digests), MISSING, np.intp)
        self._row_of = np.zeros(len(self._digests), np.intp)
        for path in sorted(self._folder.glob("*.safetensors")):
            with suppress(StateFileError, OSError, LookupError, TypeError, ValueError):
                document = read_document(path)
                if path.name == self._name(document["digests"]):  # and no copy of another file
                    self._add(path, document["digests"], document["seconds"])

    def check(self, progress: Progress) -> None:
        """Read the files of these images whole; forget and delete those that are damaged."""
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
        """Return which images have no row, ascending; of those of one content, only the first."""
        return np.unique(self._first[self._segment_of[self._first] == MISSING])

    def write(self, cache: Path, images: Sequence[int], rows: NDArray[Any], seconds: float) -> None:
        """Keep rows of some of the images, which took `seconds` together.

        Not even after a power cut can half a file pass for rows: the checksum tells. So nothing
        waits for the disk.
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
        """Return what the rows of the images took, in whichever run it was."""
        numbers, counts = np.unique(self._segment_of[np.unique(self._first)], return_counts=True)
        segments = [self._segments[number] for number in numbers]
        return math.fsum(
            count * segment.seconds / segment.n_rows
            for segment, count in zip(segments, counts.tolist(), strict=True)
        )

    @contextmanager
    def alone(self, progress: Progress) -> Iterator[None]:
        """Add rows while no other run does; it may have made some that were missing here."""
        with suppress(OSError):  # where nothing can be locked, nothing can be written either
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
    """Raise StateFileError if a file is damaged; one that is whole is not read a second time."""
    read_state(path)


def _shared(path: Path) -> Lock | None:
    """Share a lock; None where there can be none, and so nobody who deletes anything either."""
    try:
        lock = Lock(path)
        lock.share()
    except OSError:
        return None
    return lock
