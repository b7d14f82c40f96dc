"""Feature rows on disk: a memory-mapped matrix that survives a kill and is reused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import DTypeLike, NDArray

from handcraft.classifiers.numerics.memmap import release_pages
from handcraft.pipeline.run.state_file import fingerprint

CACHE_BYTES = 20 * 2**30
"""The rows kept between runs: about 20 GiB; the least recently used go first."""


class RowStore:
    """The rows of one extractor for one list of images.

    Three files: `rows.npy` (n_images, n_features); `digests.npy`, which names the image
    of each row by its content; and `seconds.npy` float64 (n_images,), the share of wall-clock
    time that each row took, NaN while the row is missing. A row is written before its seconds
    are, so that a process killed at any moment leaves only rows that are right or missing.
    """

    def __init__(
        self, folder: Path, digests: Sequence[str], n_features: int, dtype: DTypeLike = np.float32
    ) -> None:
        """Open the store for these images below `folder`, the folder of their extractor."""
        self.folder = folder / fingerprint(list(digests), n_features)
        self.folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # prune keeps what was used last
        n_images = len(digests)
        self._rows = self._open("rows.npy", dtype, (n_images, n_features))
        self._seconds = self._open("seconds.npy", np.float64, (n_images,))
        if not (self.folder / "digests.npy").exists():
            self._seconds[:] = np.nan
            self._copy_known_rows(folder, np.array(digests))
            np.save(self.folder / "digests.npy", np.array(digests))

    @property
    def rows(self) -> NDArray[Any]:
        """The memory-mapped matrix, in the order of the images."""
        return self._rows

    @property
    def seconds(self) -> float:
        """Wall-clock time spent on the rows that are there, in whichever run it was."""
        return float(np.nansum(self._seconds))

    def missing(self) -> NDArray[np.intp]:
        """Return the indices of the rows that are still to be computed, ascending."""
        return np.flatnonzero(np.isnan(self._seconds))

    def write(self, indices: NDArray[np.intp], rows: NDArray[Any], seconds: float) -> None:
        """Store the rows of the images `indices`, which took `seconds` together."""
        self._rows[indices] = rows
        release_pages(self._rows)
        self._seconds[indices] = seconds / len(indices)

    def _open(self, name: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
        path = self.folder / name
        if path.exists():
            return _open_memmap(path, mode="r+")
        partial = path.with_suffix(f".{os.getpid()}.partial")
        _open_memmap(partial, mode="w+", dtype=dtype, shape=shape)
        partial.replace(path)
        return _open_memmap(path, mode="r+")

    def _copy_known_rows(self, extractor_folder: Path, digests: NDArray[np.str_]) -> None:
        """Take over what the same extractor has already computed for other lists of images."""
        for other in _complete_stores(extractor_folder):
            known = {digest: row for row, digest in enumerate(np.load(other / "digests.npy"))}
            missing = self.missing()
            found = np.array([i for i in missing if digests[i] in known], dtype=np.intp)
            source = np.array([known[digests[i]] for i in found], dtype=np.intp)
            rows, seconds = np.load(other / "rows.npy", "r"), np.load(other / "seconds.npy", "r")
            for part in np.array_split(np.arange(len(found)), len(found) // 1024 + 1):
                self._rows[found[part]] = rows[source[part]]
                self._seconds[found[part]] = seconds[source[part]]


def prune(cache: Path, keep_bytes: int = CACHE_BYTES) -> None:
    """Delete the least recently used extractors' rows below `cache` beyond `keep_bytes`."""
    by_age = sorted(cache.glob("*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    kept = 0
    for folder in by_age:
        kept += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        if kept > keep_bytes:
            shutil.rmtree(folder, ignore_errors=True)


def _open_memmap(path: Path, **options: Any) -> NDArray[Any]:
    memmap: NDArray[Any] = open_memmap(path, **options)
    return memmap


def _complete_stores(extractor_folder: Path) -> Iterator[Path]:
    return (file.parent for file in extractor_folder.glob("*/digests.npy"))
