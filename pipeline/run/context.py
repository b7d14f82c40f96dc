"""What every stage of a run shares: where results are kept, how many processes, who watches."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from handcraft.pipeline.run.progress import Stages, silent


def default_cache() -> Path:
    """Return the folder in which the system expects a program to keep what it can make again."""
    from platformdirs import user_cache_path

    return user_cache_path("handcraft")


@dataclass(frozen=True)
class Workshop:
    """Where features are kept, how many processes extract them, and who watches."""

    cache: Path = field(default_factory=default_cache)
    n_jobs: int = 1
    stages: Stages = field(default_factory=silent)
