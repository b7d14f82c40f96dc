"""The estimate before the work, and `--minutes`: the most thorough search within a time limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from handcraft.data.errors import RequestError
from handcraft.pipeline.experiment.automatic import DEFAULT_EFFORT, EFFORTS
from handcraft.pipeline.experiment.estimate import SMALL
from handcraft.pipeline.experiment.selection import AUTO
from handcraft.pipeline.forecast.forecast import Forecast, Request, forecast_training
from handcraft.pipeline.images.dataset import Dataset
from handcraft.pipeline.run.command_line import note_option
from handcraft.pipeline.run.context import RunContext
from handcraft.pipeline.run.terminal import Printer
from handcraft.pipeline.run.text import about


@dataclass(frozen=True)
class Budget:
    """The budget of a search: an effort, a number of minutes from `started` on, or neither."""

    effort: str | None
    minutes: float | None
    started: datetime


def check_budget(minutes: float | None, effort: str | None, features: Sequence[str]) -> None:
    """Refuse minutes that are not a number, with an effort, or with named features."""
    if minutes is None:
        return
    if math.isnan(minutes):
        raise RequestError(
            f"--minutes {minutes:g}: not a number; give the minutes it may take, such as 5"
        )
    if effort is not None:
        raise RequestError("--minutes chooses the --effort; give only one of them")
    if list(features) != [AUTO]:
        raise RequestError(f"--minutes is for --features {AUTO}; leave out one of them")


def tell_forecast(
    dataset: Dataset, request: Request, budget: Budget, context: RunContext, printer: Printer
) -> str:
    """Print the expected time; return the effort, which a budget of minutes determines.

    Without minutes there is no forecast if features are named, as these do not depend on the
    effort; if nobody would see it; or if it would take as long as the work.
    """
    if budget.minutes is not None:
        effort, forecast = most_thorough(budget.minutes, budget.started, dataset, request, context)
        printer.say(f"--minutes {budget.minutes:g}: --effort {effort}, {forecast}")
        note_option("--minutes", "--effort", effort)
    else:
        effort, is_quiet = budget.effort or DEFAULT_EFFORT, context.progress.quiet
        if list(request.features) != [AUTO] or is_quiet or len(dataset.training) < SMALL:
            return effort
        forecast = forecast_training(dataset, request, effort, context)
        printer.say(f"It takes {forecast}")
    context.progress.forecast(forecast.steps)
    return effort


def most_thorough(
    minutes: float, started: datetime, dataset: Dataset, request: Request, context: RunContext
) -> tuple[str, Forecast]:
    """Return the most thorough of `EFFORTS` that takes at most `minutes`, and its forecast.

    They are tried from the quickest on, as the forecast of a slower one takes longer.

    Vocabularies smaller than those of ``quick`` are not offered: no effort would reproduce the
    results, and accuracy comes from the features.

    Parameters
    ----------
    started
        The start of the run: the time elapsed since then counts, that of forecasts included.

    Raises
    ------
    RequestError
        If none does.
    """
    found: tuple[str, Forecast] | None = None
    for effort in EFFORTS:
        forecast = forecast_training(dataset, request, effort, context, cautious=True)
        needed = (datetime.now(UTC) - started).total_seconds() + forecast.seconds
        if needed > 60 * minutes:
            break
        found = effort, forecast
    if found is None:
        raise RequestError(
            f"--minutes {minutes:g}: even --effort {effort} takes {about(needed)} on these images; "
            f"give --minutes {math.ceil(needed / 60)}, or fewer images"
        )
    return found
