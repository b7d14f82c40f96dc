"""Results of a check for other programs and for the terminal: check.json, and a summary."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from rich.text import Text

from handcraft.data.names import counted, printable
from handcraft.pipeline.checks.doctor import Examination
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.shortcuts import Shortcut
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.run.atomic import atomic_path

SCHEMA = 1

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}

MAX_LINES = 12
"""Findings in the summary, of about two lines each: it fits on a screen of 30 lines."""


def write_json(path: Path, examination: Examination) -> None:
    """Write check.json: the findings with their raw values, and what was checked."""
    document = {
        "schema": SCHEMA,
        "summary": count_by_severity(examination),
        "data": describe_survey(examination.survey),
        "findings": [_describe_finding(finding) for finding in examination.findings],
        "shortcuts": [_describe_shortcut(shortcut) for shortcut in examination.shortcuts],
    }
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", "utf-8")


def count_by_severity(examination: Examination) -> dict[str, int]:
    """Return the number of findings of each severity, the worst first."""
    counts = Counter(finding.severity for finding in examination.findings)
    return {severity.name.lower(): counts[severity] for severity in sorted(Severity, reverse=True)}


def describe_briefly(examination: Examination) -> dict[str, Any]:
    """Return check.json without the files, to fit on a screen."""
    brief = ("check", "severity", "sentence", "remedy")
    findings = [_describe_finding(finding) for finding in examination.findings]
    return {
        "schema": SCHEMA,
        "summary": count_by_severity(examination),
        "findings": [{name: finding[name] for name in brief} for finding in findings],
    }


def describe_survey(survey: Survey) -> dict[str, Any]:
    """Return the numbers of images by class and format, and the distribution of sizes."""
    n_classes = len(survey.class_names)
    counts = {
        part: np.bincount(survey.labels[survey.in_test == in_test], minlength=n_classes).tolist()
        for part, in_test in (("training", False), ("test", True))
    }
    sides = survey.values(lambda m: (m.info.width, m.info.height)).reshape(-1, 2)
    return {
        "classes": [
            {"name": name, "training": training, "test": test}
            for name, training, test in zip(survey.class_names, *counts.values(), strict=True)
        ],
        "unreadable": len(survey.unreadable),
        "formats": dict(Counter(m.info.format for m in survey.measured).most_common()),
        "width": _quartiles(sides[:, 0]),
        "height": _quartiles(sides[:, 1]),
    }


def summary(examination: Examination) -> Table:
    """Return the findings as lines for the terminal, the worst first."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in examination.findings[:MAX_LINES]:
        style = STYLES[finding.severity]
        sentence = Text(printable(finding.sentence))
        if finding.severity > Severity.NOTE:
            sentence.append(f"; {printable(finding.remedy)}", "dim")
        table.add_row(Text(finding.severity.name.lower(), style), sentence)
    hidden = len(examination.findings) - MAX_LINES
    if hidden > 0:
        table.add_row("", Text(f"and {counted(hidden, 'more finding')} in the report", "dim"))
    return table


def headline(examination: Examination) -> str:
    """Summarise the numbers of findings and images.

    >>> from handcraft.data.listing.report import ScanReport
    >>> none = np.empty(0, np.intp)
    >>> survey = Survey(("a", "b"), (), none, none, (), (), (), ScanReport())
    >>> headline(Examination(survey, (), ()))
    'Nothing found in 0 images of 2 classes'
    """
    survey = examination.survey
    counts = count_by_severity(examination)
    found = ", ".join(counted(n, severity) for severity, n in counts.items() if n)
    n_test = int(survey.in_test.sum())
    images = counted(len(survey) - n_test, "training image" if n_test else "image")
    test = f" and {counted(n_test, 'test image')}" if n_test else ""
    classes = counted(len(survey.class_names), "class", "classes")
    return f"{found or 'Nothing found'} in {images}{test} of {classes}"


def _describe_finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity.name.lower(),
        "sentence": finding.sentence,
        "remedy": finding.remedy,
        "threshold": finding.threshold,
        "scores": list(finding.scores),
        "notes": list(finding.notes),
        "groups": [list(map(str, group)) for group in finding.groups],
        "set_aside": list(map(str, finding.set_aside)),
    }


def _describe_shortcut(shortcut: Shortcut) -> dict[str, Any]:
    return {
        "property": shortcut.name,
        "accuracy": shortcut.accuracy,
        "ci_low": shortcut.interval.low,
        "ci_high": shortcut.interval.high,
        "chance": shortcut.chance,
    }


def _quartiles(values: NDArray[np.float64]) -> list[float]:
    """Return minimum, quartiles and maximum; an empty list for no values."""
    return np.percentile(values, [0, 25, 50, 75, 100]).tolist() if len(values) else []
