"""Checks of the folder itself: files that do not decode, classes with few images, their names."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np

from handcraft.data.formats.kinds import EXTRA, needs_extra
from handcraft.data.names import counted, listed, loosely
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.survey import Survey

MIN_IMAGES = 10
"""With fewer images hardly anything can be said about a class: a fifth is one test image."""

IMBALANCE = 10
"""Ratio of the largest to the smallest class above which accuracy hardly depends on the latter."""

MIN_NAME = 4
"""In names of at least this length one letter more or less is a misspelling."""


def unreadable(survey: Survey) -> list[Finding]:
    """Find the files that do not decode, by reason."""
    by_reason: dict[str, list[Path]] = defaultdict(list)
    remedies: dict[str, str] = {}
    failed = [(path, error.reason, error.remedy) for path, error in survey.unreadable]
    failed += [(path, why, "remove it") for path, why in survey.report.not_files]
    for path, why, remedy in failed:
        reason = re.split(r" \(|, ", why)[0]  # without what differs from file to file
        by_reason[reason].append(path)
        remedies[reason] = remedy
    findings = []
    for reason, paths in sorted(by_reason.items()):
        findings.append(
            Finding(
                "unreadable",
                Severity.ERROR,
                f"{counted(len(paths), 'file')} cannot be read, {reason}: {listed(paths, 3)}",
                remedies[reason],
                groups=tuple((path,) for path in paths),
                set_aside=tuple(paths),
            )
        )
    return findings


def too_few_images(survey: Survey) -> list[Finding]:
    """Find classes with too few images to train on, or to evaluate."""
    findings = []
    for severity, low, high in [(Severity.ERROR, 0, 2), (Severity.WARNING, 2, MIN_IMAGES)]:
        few = {name: n for name, n in _counts(survey, in_test=False).items() if low <= n < high}
        if few:
            findings.append(
                Finding(
                    "too few images",
                    severity,
                    f"Fewer than {high} training images: {_with_counts(few)}",
                    "add images, or leave the class out",
                    threshold=high,
                )
            )
    return findings


def imbalance(survey: Survey) -> list[Finding]:
    """Find out whether a class has many times the images of another that has enough by itself."""
    counts = {n: c for n, c in _counts(survey, in_test=False).items() if c >= MIN_IMAGES}
    if not counts:
        return []
    smallest, largest = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[largest] <= IMBALANCE * counts[smallest]:
        return []
    return [
        Finding(
            "imbalance",
            Severity.WARNING,
            "Classes of very different sizes: "
            + _with_counts({name: counts[name] for name in (largest, smallest)}),
            "judge by the mean accuracy per class (balanced accuracy)",
            threshold=IMBALANCE,
        )
    ]


def classes_without_test(survey: Survey) -> list[Finding]:
    """Find the classes of which there is no test image, where there are test images."""
    missing = [name for name, n in _counts(survey, in_test=True).items() if n == 0]
    if not missing or len(missing) == len(survey.class_names):
        return []
    return [
        Finding(
            "no test images",
            Severity.NOTE,
            f"No test image of {listed(missing)}",
            "the accuracy says nothing about them",
        )
    ]


def odd_folders(survey: Survey) -> list[Finding]:
    """Find folders with doubtful names or places."""
    return [
        Finding("folder", Severity.WARNING, warning, "rename or move what is not intended")
        for warning in survey.report.warnings
    ]


def empty_classes(survey: Survey) -> list[Finding]:
    """Find class folders without an image."""
    empty = survey.report.empty_classes
    if not empty:
        return []
    return [
        Finding(
            "empty classes",
            Severity.WARNING,
            f"Class folders without an image: {listed([folder.name for folder in empty])}",
            "fill or remove them: they do not count as classes",
            groups=tuple((folder,) for folder in empty),
        )
    ]


def unsupported(survey: Survey) -> list[Finding]:
    """Find images that can only be read with another library installed."""
    paths = [path for path in survey.report.not_images if needs_extra(path.suffix)]
    if not paths:
        return []
    return [
        Finding(
            "unsupported format",
            Severity.WARNING,
            f"{counted(len(paths), 'image')} skipped: {listed(paths, 3)}",
            f"{EXTRA} reads them",
        )
    ]


def left_out(survey: Survey) -> list[Finding]:
    """Find files in the folders that are not images of a class."""
    report = survey.report
    counts = {
        "hidden": report.n_hidden,
        "not an image": sum(not needs_extra(path.suffix) for path in survey.report.not_images),
        "repeated by a link": len(report.repeated),
        "outside the class folders": report.n_loose,
        "beside training and test": len(report.unused_folders),
    }
    found = [f"{n:,} {what}" for what, n in counts.items() if n]
    if not found:
        return []
    return [
        Finding(
            "left out",
            Severity.NOTE,
            f"Left out files and folders: {', '.join(found)}",
            "nothing, unless they should have been used",
        )
    ]


def similar_names(survey: Survey) -> list[Finding]:
    """Find class names that differ only in case, accents, separators, or a letter."""
    simple = {name: loosely(name) for name in survey.class_names}
    same = [pair for pair in combinations(simple, 2) if simple[pair[0]] == simple[pair[1]]]
    near = [
        pair
        for pair in combinations(simple, 2)
        if pair not in same and _is_misspelling(*(simple[name] for name in pair))
    ]
    findings = []
    for severity, pairs, how in [
        (Severity.WARNING, same, "case, accents or separators"),
        (Severity.NOTE, near, "one letter"),
    ]:
        if pairs:
            names = [" and ".join(pair) for pair in pairs]
            findings.append(
                Finding(
                    "similar names",
                    severity,
                    f"Class names that differ only in {how}: {listed(names)}",
                    "merge them if they are one class",
                )
            )
    return findings


def _counts(survey: Survey, in_test: bool) -> dict[str, int]:
    labels = survey.labels[survey.in_test == in_test]
    counts = np.bincount(labels, minlength=len(survey.class_names))
    return dict(zip(survey.class_names, counts.tolist(), strict=True))


def _with_counts(counts: dict[str, int]) -> str:
    return listed([f"{name} ({n:,})" for name, n in counts.items()])


def _is_misspelling(first: str, second: str) -> bool:
    """Return whether two names differ by an extra letter, or by two neighbours swapped.

    Another letter (horse, house) and another digit make another name.

    >>> _is_misspelling("waterlily", "waterlilly"), _is_misspelling("horse", "house")
    (True, False)
    """
    short, long = sorted((first, second), key=len)
    if len(short) < MIN_NAME:
        return False
    differ = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), None)
    at = len(short) if differ is None else differ
    if len(long) == len(short) + 1:
        return not long[at].isdigit() and short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at : at + 2][::-1] + short[at + 2 :]
    return len(long) == len(short) and swapped == long and not short[at : at + 2].isdigit()
