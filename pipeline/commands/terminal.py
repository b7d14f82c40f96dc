"""What commands share when they talk to people: where text goes, the context, names that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from handcraft.classifiers import CLASSIFIERS
from handcraft.classifiers.numerics.threads import usable_cores
from handcraft.data.decode import DEFAULTS
from handcraft.data.errors import RequestError
from handcraft.features import make_extractor
from handcraft.pipeline.experiment.model import Model
from handcraft.pipeline.run.context import RunContext, default_cache
from handcraft.pipeline.run.progress import Progress

LOG_WIDTH = 120
"""Columns of tables that go to a file or a pipe."""

OUT = Console() if Console().is_terminal else Console(width=LOG_WIDTH)
"""Where tables go. Results go to the standard output, progress to the standard error."""


def open_context(
    n_jobs: int | None,
    cache: Path | None,
    max_bytes: int | None = None,
    max_pixels: int | None = None,
    keep_damaged: bool = False,
) -> RunContext:
    """Return what all steps of a run share; progress is shown on the standard error."""
    limits = {"max_bytes": max_bytes, "max_pixels": max_pixels}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    decoding = replace(DEFAULTS, keep_damaged=keep_damaged, **given)
    progress = Progress(Console(stderr=True))
    return RunContext(cache or default_cache(), usable_cores(n_jobs), progress, decoding)


def load_model(path: Path, context: RunContext) -> Model:
    """Load a model and decode as it needs; say which libraries are not those it was trained with.

    Raises
    ------
    RequestError
        If there is no model; see `Model.load`.
    """
    model = Model.load(path)
    context.decoding = replace(context.decoding, white=model.white)
    if model.other_libraries:
        others = ", ".join(model.other_libraries)
        context.progress.say(f"{path}: trained with other libraries ({others}); scores may differ")
    return model


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
