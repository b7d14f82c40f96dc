"""Findings of the checks: their severity, the images concerned, and a remedy."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Severity(enum.IntEnum):
    """How much a finding matters.

    An error makes results wrong or a run impossible, a warning probably does harm, and a note is
    worth a look.
    """

    NOTE = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """One check's verdict.

    Attributes
    ----------
    check
        The check's name, in lower case.
    severity
        How much it matters.
    sentence
        What was found, with the count; `remedy` says what to do about it.
    groups
        The files concerned, in groups that belong together: duplicates of one another, or one.
    scores
        The raw value of each group, where the finding is based on one.
    notes
        The caption of each group, beside its pictures.
    threshold
        The threshold of the scores; None where there is none.
    set_aside
        The files that ``--move-to`` moves, which settles the finding.
    """

    check: str
    severity: Severity
    sentence: str
    remedy: str
    groups: tuple[tuple[Path, ...], ...] = ()
    scores: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    threshold: float | None = None
    set_aside: tuple[Path, ...] = ()
