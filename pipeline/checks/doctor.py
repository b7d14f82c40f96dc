"""All checks of a folder, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handcraft.pipeline.checks import class_checks, duplicate_checks, image_checks
from handcraft.pipeline.checks.findings import Finding
from handcraft.pipeline.checks.shortcuts import Shortcut, judge_shortcuts, measure_shortcuts
from handcraft.pipeline.checks.survey import Survey

Check = Callable[[Survey], list[Finding]]

FOLDER_CHECKS: tuple[Check, ...] = (
    class_checks.unreadable,
    class_checks.too_few_images,
    class_checks.imbalance,
    class_checks.classes_without_test,
    class_checks.odd_folders,
    class_checks.empty_classes,
    class_checks.unsupported,
    class_checks.left_out,
    class_checks.similar_names,
)
IMAGE_CHECKS: tuple[Check, ...] = (
    duplicate_checks.exact_copies,
    duplicate_checks.near_copies,
    *image_checks.IMAGE_CHECKS,
    image_checks.grey_among_colour,
    image_checks.unused_bits,
    image_checks.misnamed,
)


@dataclass(frozen=True)
class Examination:
    """The survey of a folder, and the findings, the worst first."""

    survey: Survey
    shortcuts: tuple[Shortcut, ...]
    findings: tuple[Finding, ...]


def examine(survey: Survey, more: Sequence[Finding] = ()) -> Examination:
    """Run every check that applies; `more` findings are merged into the result."""
    checks = (*FOLDER_CHECKS, *IMAGE_CHECKS) if len(survey) else FOLDER_CHECKS
    shortcuts = measure_shortcuts(survey)
    findings = [finding for check in checks for finding in check(survey)]
    findings += [*judge_shortcuts(shortcuts), *more]
    findings.sort(key=lambda finding: -finding.severity)
    return Examination(survey, tuple(shortcuts), tuple(findings))
