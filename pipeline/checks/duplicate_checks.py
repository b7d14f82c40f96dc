"""Checks for copies: within a class, across classes, across training and test images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from handcraft.data.names import counted
from handcraft.pipeline.checks.findings import Finding, Severity
from handcraft.pipeline.checks.survey import Survey
from handcraft.pipeline.images.duplicates import duplicate_groups
from handcraft.pipeline.images.near_duplicates import MIN_CORRELATION, NearPairs, near_duplicates

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Relation:
    """How two copies of one image are related, and the words of the finding."""

    name: str
    severity: Severity
    sentence: str
    remedy: str


EXACT = {
    "leak": Relation(
        "test images in training",
        Severity.ERROR,
        "{images} with the same pixels as a training image: the test would measure memory",
        "remove the training images (--move-to does), or use the accuracy without them",
    ),
    "conflict": Relation(
        "conflicting labels",
        Severity.ERROR,
        "{copied} in more than one class",
        "keep each in the class it belongs to; --move-to sets all copies aside",
    ),
    "repeat": Relation(
        "duplicates",
        Severity.WARNING,
        "{copied} more than once in a class: {extra} too many",
        "keep one of each (--move-to does): copies count twice",
    ),
}
NEAR = {
    "leak": Relation(
        "near duplicates in training and test",
        Severity.WARNING,
        "{images} nearly the same as a training image{turned}",
        "look at them, and remove the training images (--move-to does) if they are copies",
    ),
    "conflict": Relation(
        "near duplicates in two classes",
        Severity.WARNING,
        "{groups} across classes, {total} images in all{turned}",
        "look at them: one of the two labels is probably wrong",
    ),
    "repeat": Relation(
        "near duplicates",
        Severity.NOTE,
        "{groups} within a class, {total} images in all{turned}",
        "keep them on one side of a split: --group-by names what belongs together",
    ),
}


def exact_copies(survey: Survey) -> list[Finding]:
    """Find images with equal pixels, whatever their files."""
    groups = _groups(duplicate_groups(survey.values(lambda m: m.pixel_digest).tolist()))
    findings = []
    for kind, relation in EXACT.items():
        chosen = [group for group in groups if kind in _kinds(survey, group)]
        findings += _describe(survey, kind, relation, chosen)
    return findings


def near_copies(survey: Survey) -> list[Finding]:
    """Find images that are nearly equal, but not in every pixel."""
    members = _members(duplicate_groups(survey.values(lambda m: m.pixel_digest).tolist()))
    pairs = near_duplicates(np.array([survey.measured[group[0]].descriptor for group in members]))
    kinds = [
        _kinds(survey, np.concatenate([members[a], members[b]]))
        for a, b in zip(pairs.first, pairs.second, strict=True)
    ]
    findings = []
    for kind, relation in NEAR.items():
        chosen = np.array([kind in found for found in kinds], np.bool_)
        numbers = _connect(pairs, chosen, len(members))
        lowest = np.ones(len(members))
        np.minimum.at(lowest, numbers[pairs.first[chosen]], pairs.correlation[chosen])
        groups = _groups(numbers)
        scores = tuple(float(lowest[numbers[group[0]]]) for group in groups)
        images = [np.concatenate([members[i] for i in group]) for group in groups]
        turned = int(pairs.turned[chosen].sum())
        findings += [
            replace(
                finding,
                scores=scores,
                notes=tuple(f"correlation {score:.2f}" for score in scores),
                threshold=MIN_CORRELATION,
            )
            for finding in _describe(survey, kind, relation, images, turned)
        ]
    return findings


def _describe(
    survey: Survey,
    kind: str,
    relation: Relation,
    groups: Sequence[Indices],
    n_turned: int = 0,
) -> list[Finding]:
    if not groups:
        return []
    total = sum(map(len, groups))
    n_test = sum(int(survey.in_test[group].sum()) for group in groups)
    turned = f" ({counted(n_turned, 'pair')} turned or mirrored)" if n_turned else ""
    return [
        Finding(
            relation.name,
            relation.severity,
            relation.sentence.format(
                copied=counted(len(groups), "image"),
                groups=f"{counted(len(groups), 'group')} of near duplicates",
                images=counted(n_test, "test image"),
                extra=f"{total - len(groups):,}",
                total=f"{total:,}",
                turned=turned,
            ),
            relation.remedy,
            groups=tuple(survey.pick(group) for group in groups),
            set_aside=survey.pick(_to_set_aside(survey, kind, relation, groups)),
        )
    ]


def _to_set_aside(
    survey: Survey, kind: str, relation: Relation, groups: Sequence[Indices]
) -> Indices:
    """Return the redundant copies: none for a note, and never the test's own images."""
    if relation.severity == Severity.NOTE:
        return np.empty(0, np.intp)
    together = np.concatenate(groups)
    if kind == "leak":
        return together[~survey.in_test[together]]
    if kind == "conflict":
        return together
    return np.concatenate([group[1:] for group in groups])


def _kinds(survey: Survey, group: Indices) -> set[str]:
    """Return the worst relation between the members of a group; at least a repeat."""
    kinds = set()
    if len(np.unique(survey.in_test[group])) > 1:
        kinds.add("leak")
    if len(np.unique(survey.labels[group])) > 1:
        kinds.add("conflict")
    return kinds or {"repeat"}


def _connect(pairs: NearPairs, chosen: NDArray[np.bool_], n_items: int) -> Indices:
    """Return a group number for each item: the same for the two of each chosen pair."""
    links = pairs.first[chosen], pairs.second[chosen]
    graph = coo_array((np.ones(len(links[0])), links), shape=(n_items, n_items))
    numbers: Indices = connected_components(graph, directed=False)[1].astype(np.intp)
    return numbers


def _groups(numbers: Indices) -> list[Indices]:
    """Return the items of each group of more than one, in order."""
    (shared,) = np.nonzero(np.bincount(numbers)[numbers] > 1)
    return [shared[group] for group in _members(numbers[shared]) if len(group)]


def _members(numbers: Indices) -> list[Indices]:
    """Return the items of each group, by its number."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
