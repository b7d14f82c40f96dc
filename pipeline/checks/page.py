"""check.html: the findings with pictures, in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from handcraft.data.decode import DecodeOptions
from handcraft.pipeline.checks.doctor import Examination
from handcraft.pipeline.checks.findings import Finding
from handcraft.pipeline.checks.results import describe_survey, headline
from handcraft.pipeline.checks.shortcuts import severity_of
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.pages.thumbnails import thumbnail_url
from handcraft.pipeline.report.page import write_page

MAX_GROUPS, MAX_IN_GROUP = 12, 6
"""Groups of a finding and images of a group to show; check.json has all."""

THUMBNAIL = 112
"""Longer side of a picture, in pixels."""


@dataclass(frozen=True)
class Picture:
    """An image as it is shown: a data URL, or None if it does not decode."""

    source: str | None
    name: str
    class_name: str
    in_test: bool


@dataclass(frozen=True)
class Section:
    """A finding as it is shown, with the pictures of the first of its groups."""

    finding: Finding
    groups: list[list[Picture]]


def write_check_page(
    path: Path, folder: Path, examination: Examination, decoding: DecodeOptions
) -> Path:
    """Write the page to `path`, and return it."""
    survey = examination.survey
    numbers = {path: i for i, path in enumerate(survey.paths)}
    return write_page(
        path,
        "checks/check.html.j2",
        title=folder.resolve().name,
        headline=headline(examination),
        data=describe_survey(survey),
        sections=[_section(f, survey, numbers, decoding) for f in examination.findings],
        shortcuts=examination.shortcuts,
        severity_of=severity_of,
    )


def _section(
    finding: Finding, survey: Survey, numbers: dict[Path, int], decoding: DecodeOptions
) -> Section:
    return Section(
        finding,
        [
            [_picture(path, numbers.get(path), survey, decoding) for path in group[:MAX_IN_GROUP]]
            for group in finding.groups[:MAX_GROUPS]
        ],
    )


def _picture(path: Path, number: int | None, survey: Survey, decoding: DecodeOptions) -> Picture:
    """Return the picture of a file; `number` is None if it did not decode in the survey."""
    known = number is not None
    class_name = survey.class_names[survey.labels[number]] if known else path.parent.name
    return Picture(
        thumbnail_url(path, THUMBNAIL, decoding),
        path.name,
        class_name,
        known and bool(survey.in_test[number]),
    )
