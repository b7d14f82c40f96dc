"""What all steps of a run share: the cache, the worker processes, the progress reporter."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from handcraft.pipeline.run.progress import Progress, silent_progress


def default_cache() -> Path:
    """Return the folder in which the system expects a program to keep what it can make again."""
    from platformdirs import user_cache_path

    return user_cache_path("handcraft")


@dataclass(frozen=True)
class RunContext:
    """Where features are cached, how many processes extract them, and where progress is shown."""

    cache: Path = field(default_factory=default_cache)
    n_jobs: int = 1
    progress: Progress = field(default_factory=silent_progress)
