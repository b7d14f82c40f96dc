"""What commands share when they talk to people: where text goes, names that exist, lines said."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import joblib
from rich.console import Console

from handcraft.classifiers import CLASSIFIERS
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.context import RunContext, default_cache
from handcraft.pipeline.run.progress import Progress

LOG_WIDTH = 120
"""Columns of tables that go to a file or a pipe."""

OUT = Console() if Console().is_terminal else Console(width=LOG_WIDTH)
"""Where tables go. Results go to the standard output, progress to the standard error."""


def open_context(n_jobs: int | None, cache: Path | None) -> RunContext:
    """Return the cache, the number of workers and the progress reporter (on stderr)."""
    n_jobs = n_jobs or joblib.cpu_count()
    return RunContext(cache or default_cache(), n_jobs, Progress(Console(stderr=True)))


def check_names(features: Sequence[str], classifiers: Sequence[str]) -> None:
    """Refuse names that do not exist before any work is done."""
    for spec in features:
        try:
            make_extractor(spec)
        except ValueError as error:
            raise RequestError(f"--features {spec}: {error}") from error
    for name in classifiers:
        if name not in CLASSIFIERS:
            raise RequestError(
                f"--classifiers {name}: no such classifier; choose from {', '.join(CLASSIFIERS)}"
            )


def describe(dataset: Dataset) -> str:
    """Say how many classes and images there are."""
    n_test = f" and {len(dataset.test):,} test" if dataset.test is not None else ""
    n_classes = len(dataset.class_names)
    return f"{n_classes} classes, {len(dataset.training):,} training{n_test} images"
