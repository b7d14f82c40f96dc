"""Shared by all steps of a run: the cache, the worker processes, the progress."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import TypeVar

from handcraft.data.decode import DEFAULTS, DecodeOptions
from handcraft.pipeline.run.progress import Progress

Written = TypeVar("Written")

JOBS_PER_CORE = 8
"""The most processes: more only wait for each other, and each takes 100 MB and more."""


def default_cache() -> Path:
    """Return the system's cache folder for this program."""
    from platformdirs import user_cache_path

    return user_cache_path("handcraft")


@dataclass
class RunContext:
    """The cache of features, the number of worker processes, and the progress of a run.

    With `n_jobs` None there is one process per core. `decoding` are the options for reading image
    files.
    """

    cache: Path = field(default_factory=default_cache)
    n_jobs: int | None = 1
    progress: Progress = field(default_factory=lambda: Progress(quiet=True))
    decoding: DecodeOptions = DEFAULTS
    _is_temporary: bool = field(default=False, init=False)

    @property
    def keeps_features(self) -> bool:
        """Whether extracted features outlive the run."""
        return not self._is_temporary

    def write_to_cache(self, write: Callable[[Path], Written]) -> Written:
        """Return ``write(cache)``; if the cache is not writable, continue without it.

        From then on `cache` is a temporary folder, deleted when the run ends.

        Raises
        ------
        OSError
            If the temporary folder cannot be written to either.
        """
        try:
            return write(self.cache)
        except OSError as error:
            if self._is_temporary:
                raise
            reason = error.strerror or str(error)
            self.progress.say(f"--cache {self.cache}: {reason}; continuing without it")
            self.cache, self._is_temporary = Path(tempfile.mkdtemp(prefix="handcraft-")), True
            weakref.finalize(self, shutil.rmtree, self.cache, ignore_errors=True)
            return write(self.cache)


def open_context(
    n_jobs: int | None,
    cache: str | PathLike[str] | None,
    max_bytes: int | None = None,
    max_pixels: int | None = None,
    keep_damaged: bool = False,
    quiet: bool = False,
) -> RunContext:
    """Return the context of a run; progress, unless `quiet`, goes to the standard error."""
    limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    decoding = replace(DEFAULTS, keep_damaged=keep_damaged, **given)
    folder = default_cache() if cache is None else Path(cache)
    progress, most = Progress(quiet=quiet), JOBS_PER_CORE * (os.cpu_count() or 1)
    if n_jobs is not None and n_jobs > most:
        progress.say(f"--jobs {n_jobs}: {most} are enough, {JOBS_PER_CORE} for each core")
        n_jobs = most
    return RunContext(folder, n_jobs, progress, decoding)
