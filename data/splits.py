"""Stratified random splits that keep groups of images together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from handcraft.data.errors import RequestError
from handcraft.data.image_set import ImageSet
from handcraft.data.names import name_bytes, printable

Indices = NDArray[np.intp]


def stratified_split(
    images: ImageSet, class_names: Sequence[str], fraction: float, seed: int
) -> tuple[ImageSet, ImageSet]:
    """Split `images` into a training and a test part; see `grouped_stratified_split`.

    Raises
    ------
    RequestError
        If a class cannot be on both sides: it has a single image, or all are of one group.
    """
    names = np.array(class_names, dtype=object)[images.labels]
    train, test = grouped_stratified_split(names, images.groups, fraction, seed)
    return images.subset(train), images.subset(test)


def grouped_stratified_split(
    labels: ArrayLike, groups: ArrayLike | None, fraction: float, seed: int
) -> tuple[Indices, Indices]:
    """Split images at random into a training and a test part, class by class.

    Of the n images of a class, about ``round(fraction * n)`` become test images: exactly as many
    where no groups are given, and with groups as many as fit, but at least one and at most n - 1.
    Which ones depends only on the seed, the class's name and its groups, so that adding or changing
    a class does not change the split of the others.

    Parameters
    ----------
    labels
        The name or number of each image's class, (n_images,).
    groups
        What must stay together has the same value, (n_images,); None if each image may go alone.
    fraction
        The share of test images, between 0 and 1.
    seed
        A number >= 0.

    Returns
    -------
    train, test
        Sorted indices of the images.

    Raises
    ------
    RequestError
        If a class cannot be on both sides: it has a single image, or all are of one group.
    """
    names, codes = np.unique(np.asarray(labels), return_inverse=True)
    n_images = np.bincount(codes)
    room = np.clip(np.rint(fraction * n_images).astype(int), 1, n_images - 1)
    in_test = np.zeros(len(codes), np.bool_)
    rngs = [np.random.default_rng([seed, *name_bytes(str(name))]) for name in names]
    left_over: dict[int, Indices] = {}
    for home, members in _shuffled_groups(codes, groups, rngs):
        counts = np.bincount(codes[members], minlength=len(names))
        if (counts <= room).all():
            in_test[members] = True
            room -= counts
        elif len(members) < len(left_over.get(home, codes)):
            left_over[home] = members
    n_test = np.bincount(codes[in_test], minlength=len(names))
    for code in np.flatnonzero(n_test == 0):  # all groups are larger than the share
        in_test[left_over.get(int(code), [])] = True
    n_test = np.bincount(codes[in_test], minlength=len(names))
    for code in np.flatnonzero((n_test == 0) | (n_test == n_images)):
        raise _not_on_both_sides(str(names[code]), int(n_images[code]))
    return np.flatnonzero(~in_test), np.flatnonzero(in_test)


def grouped_stratified_folds(
    labels: NDArray[np.intp], groups: ArrayLike | None, n_folds: int, rng: np.random.Generator
) -> Indices:
    """Return the fold of each image, 0 to n_folds - 1, stratified as far as groups permit.

    A class of a single image or group has the fold `n_folds`, which means none: it is always
    trained on.

    Parameters
    ----------
    labels
        The class of each image, (n_images,).
    groups
        What must stay together has the same value, (n_images,); None if each image may go alone.
    """
    codes = np.unique(labels, return_inverse=True)[1]
    n_images = np.bincount(codes).tolist()
    shuffled = list(_shuffled_groups(codes, groups, [rng] * len(n_images)))
    n_groups = Counter(home for home, _ in shuffled)
    fold = np.full(len(codes), n_folds, np.intp)
    filled = [[0] * len(n_images) for _ in range(n_folds)]  # images by fold and class
    totals = [0] * n_folds

    def load(number: int, classes: Iterable[int]) -> tuple[float, int]:
        """Return how full a fold is: total share of these classes, and number of all images."""
        return sum(filled[number][code] / n_images[code] for code in classes), totals[number]

    for home, members in sorted(shuffled, key=lambda pair: (pair[0], -len(pair[1]))):
        if n_groups[home] == 1:
            continue
        counts = Counter(codes[members].tolist())
        emptiest = min(range(n_folds), key=lambda number: load(number, counts))
        fold[members] = emptiest
        totals[emptiest] += len(members)
        for code, count in counts.items():
            filled[emptiest][code] += count
    return fold


def merged_groups(*groupings: ArrayLike) -> Indices:
    """Return the groups of images linked by any of several groupings.

    Links are transitive: a with b by one grouping, and b with c by another. The number of a group
    is the index of its first image.

    Examples
    --------
    >>> merged_groups(["p1", "p1", "p2", "p3"], ["hash a", "hash b", "hash b", "hash c"])
    array([0, 0, 0, 3])
    """
    codes = [np.unique(np.asarray(groups), return_inverse=True)[1] for groups in groupings]
    merged = np.arange(len(codes[0]))
    while True:
        before = merged
        for code in codes:
            first = np.full(len(merged), len(merged))
            np.minimum.at(first, code, merged)
            merged = first[code]
        if np.array_equal(merged, before):
            return merged


def _shuffled_groups(
    codes: Indices, groups: Any, rngs: Sequence[np.random.Generator]
) -> Iterator[tuple[int, Indices]]:
    """Yield the groups of each class in random order, as its code and the members' indices.

    A group of several classes is one of the first of them.
    """
    if groups is None:
        groups = np.arange(len(codes))
    ids = np.unique(np.asarray(groups), return_inverse=True)[1]
    by_group = np.argsort(ids, kind="stable")
    members = np.split(by_group, np.flatnonzero(np.diff(ids[by_group])) + 1)
    first = np.array([one[0] for one in members])
    home = np.array([codes[one].min() for one in members])
    for code, rng in enumerate(rngs):
        own = np.flatnonzero(home == code)
        for group in rng.permutation(own[np.argsort(first[own])]):
            yield code, members[group]


def _not_on_both_sides(name: str, n_images: int) -> RequestError:
    what = "has a single image"
    if n_images > 1:
        what = f"has {n_images} images, all of one group or copies of one"
    return RequestError(
        f"class '{printable(name)}' {what}, and cannot be both trained and tested on; add images "
        "or leave the class out."
    )
