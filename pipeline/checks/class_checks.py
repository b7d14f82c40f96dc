"""Checks of the folder itself: files that do not decode, classes with few images, their names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import numpy as np

from handcraft.data.names import loosely
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.run.text import counted, printable

MIN_IMAGES = 10
"""Images of a class below which hardly anything can be said of it: a fifth of them is one test
image."""

IMBALANCE = 20
"""Images of the largest class for each of the smallest."""

MIN_NAME = 4
"""Letters of a name from which on one letter more or less is a misspelling, not another word."""


def unreadable(survey: Survey) -> list[Finding]:
    """Find the files that do not decode, by reason."""
    by_reason: dict[str, list[Path]] = defaultdict(list)
    remedies: dict[str, str] = {}
    for path, error in survey.unreadable:
        reason = re.split(r" \(|, ", error.reason)[0]  # without what differs from file to file
        by_reason[reason].append(path)
        remedies[reason] = error.remedy
    findings = []
    for reason, paths in sorted(by_reason.items()):
        findings.append(
            Finding(
                "unreadable",
                Severity.ERROR,
                f"{counted(len(paths), 'file')} cannot be read: {reason}",
                remedies[reason],
                groups=tuple((path,) for path in paths),
                set_aside=tuple(paths),
            )
        )
    return findings


def too_few_images(survey: Survey) -> list[Finding]:
    """Find classes with too few training images to train on, or to say anything of."""
    findings = []
    for severity, low, high in [(Severity.ERROR, 0, 2), (Severity.WARNING, 2, MIN_IMAGES)]:
        few = {name: n for name, n in _counts(survey, in_test=False).items() if low <= n < high}
        if few:
            findings.append(
                Finding(
                    "too few images",
                    severity,
                    f"Fewer than {high} training images: {_listed(few)}",
                    "add images, or leave the class out",
                    threshold=high,
                )
            )
    return findings


def imbalance(survey: Survey) -> list[Finding]:
    """Find out whether one class has many times the images of another."""
    counts = _counts(survey, in_test=False)
    smallest, largest = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if counts[largest] < IMBALANCE * max(counts[smallest], 1):
        return []
    return [
        Finding(
            "imbalance",
            Severity.WARNING,
            "Classes of very different sizes: "
            + _listed({name: counts[name] for name in (largest, smallest)}),
            "go by the mean accuracy per class",
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
            f"No test image of {_listed(dict.fromkeys(missing))}",
            "the accuracy says nothing of them",
        )
    ]


def left_out(survey: Survey) -> list[Finding]:
    """Find what lies in the folder and is no image of a class."""
    skipped, findings = survey.skipped, []
    if skipped.empty_classes:
        names = dict.fromkeys(folder.name for folder in skipped.empty_classes)
        findings.append(
            Finding(
                "empty classes",
                Severity.WARNING,
                f"Class folders without an image: {_listed(names)}",
                "fill or remove them: they are no classes now",
                groups=tuple((folder,) for folder in skipped.empty_classes),
            )
        )
    findings += [
        Finding("folder", Severity.WARNING, warning, "rename or move what is not meant so")
        for warning in skipped.warnings
    ]
    counts = {
        "hidden": skipped.n_hidden,
        "not an image": len(skipped.not_images),
        "not a file": len(skipped.not_files),
        "there twice by a link": len(skipped.repeated),
        "beside the class folders": skipped.n_loose,
        "beside training and test": len(skipped.unused_folders),
    }
    found = {what: n for what, n in counts.items() if n}
    if found:
        findings.append(
            Finding(
                "left out",
                Severity.NOTE,
                "Left out files and folders: "
                + ", ".join(f"{n:,} {what}" for what, n in found.items()),
                "nothing, if they are not meant",
            )
        )
    return findings


def similar_names(survey: Survey) -> list[Finding]:
    """Find class names that are one name, but for case, accents, separators, or a letter."""
    simple = {name: loosely(name) for name in survey.class_names}
    same = [pair for pair in combinations(simple, 2) if simple[pair[0]] == simple[pair[1]]]
    near = [
        pair
        for pair in combinations(simple, 2)
        if pair not in same and _is_misspelling(*(simple[name] for name in pair))
    ]
    findings = []
    for severity, pairs, how in [
        (Severity.WARNING, same, "but for case, accents or separators"),
        (Severity.NOTE, near, "but for one letter"),
    ]:
        if pairs:
            names = dict.fromkeys(" and ".join(pair) for pair in pairs)
            findings.append(
                Finding(
                    "similar names",
                    severity,
                    f"Class names that are the same {how}: {_listed(names)}",
                    "merge them if they are one class",
                )
            )
    return findings


def _counts(survey: Survey, in_test: bool) -> dict[str, int]:
    labels = survey.labels[survey.in_test == in_test]
    counts = np.bincount(labels, minlength=len(survey.class_names))
    return dict(zip(survey.class_names, counts.tolist(), strict=True))


def _is_misspelling(first: str, second: str) -> bool:
    """Say whether two names differ by a letter more, or by two neighbours in exchanged order.

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


def _listed(names: Iterable[str] | dict[str, int | None], at_most: int = 5) -> str:
    """Return names, with their numbers, as a person would write them."""
    items = dict(names) if isinstance(names, dict) else dict.fromkeys(names)
    shown = [
        printable(name) if n is None else f"{printable(name)} ({n:,})"
        for name, n in list(items.items())[:at_most]
    ]
    more = len(items) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")
