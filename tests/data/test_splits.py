"""Splits are random, in proportion, the same each time, and never take a group apart."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handcraft.data.errors import RequestError
from handcraft.data.image_set import ImageSet
from handcraft.data.splits import (
    grouped_stratified_folds,
    grouped_stratified_split,
    merged_groups,
    stratified_split,
)


def image_set(counts):
    labels = np.repeat(np.arange(len(counts)), counts)
    paths = tuple(Path(f"{label}/{i}.png") for label, n in enumerate(counts) for i in range(n))
    return ImageSet(paths, labels)


class_sizes = st.lists(st.integers(2, 30), min_size=1, max_size=5)


@given(class_sizes, st.floats(0.01, 0.99), st.integers(0, 2**32))
def test_a_stratified_split_is_a_stratified_deterministic_partition(counts, fraction, seed):
    images = image_set(counts)
    names = [f"class {i}" for i in range(len(counts))]
    train, test = stratified_split(images, names, fraction, seed)
    assert set(train.paths) | set(test.paths) == set(images.paths)
    assert len(train) + len(test) == len(images)
    for label, n in enumerate(counts):
        n_test = int((test.labels == label).sum())
        assert 1 <= n_test <= n - 1
        assert abs(n_test - fraction * n) <= 0.5 or n_test in (1, n - 1)
    for part in (train, test):
        assert [int(path.parent.name) for path in part.paths] == part.labels.tolist()
        assert list(part.paths) == [path for path in images.paths if path in set(part.paths)]
    again = stratified_split(images, names, fraction, seed)
    assert (again[0].paths, again[1].paths) == (train.paths, test.paths)


@given(class_sizes, class_sizes)
def test_the_split_of_a_class_does_not_depend_on_other_classes(before, after):
    def names_in_test(counts, names):
        _, test = stratified_split(image_set(counts), names, 0.3, seed=7)
        label = names.index("me")
        chosen = zip(test.paths, test.labels, strict=True)
        return [path.name for path, own in chosen if own == label]

    others = [f"class {i}" for i in range(len(before) + len(after))]
    crowd = [*others[: len(before)], "me", *others[len(before) :]]
    assert names_in_test([*before, 12, *after], crowd) == names_in_test([12], ["me"])


def test_another_seed_gives_another_split():
    images = image_set([40])
    splits = {stratified_split(images, ["a"], 0.5, seed)[1].paths for seed in range(5)}
    assert len(splits) == 5


def test_names_that_are_not_utf_8_split_like_others():
    train, test = stratified_split(image_set([9, 9]), ["caf\udce9", "写真"], 0.3, 0)
    assert (len(train), len(test)) == (12, 6)


labelled_groups = st.integers(4, 40).flatmap(
    lambda n: st.tuples(
        arrays(np.intp, n, elements=st.integers(0, 2)),
        arrays(np.intp, n, elements=st.integers(0, 9)),
    )
)


@given(labelled_groups, st.floats(0.05, 0.95), st.integers(0, 99))
def test_no_group_is_on_both_sides(images, fraction, seed):
    labels, groups = images
    try:
        train, test = grouped_stratified_split(labels, groups, fraction, seed)
    except RequestError:
        return
    assert set(groups[train]).isdisjoint(groups[test])
    assert sorted([*train, *test]) == list(range(len(labels)))
    assert set(labels[train]) == set(labels[test]) == set(labels)


@given(st.integers(2, 12), st.integers(1, 6), st.integers(0, 99))
def test_groups_of_equal_size_are_split_in_proportion(n_groups, size, seed):
    labels = np.repeat([0, 1], n_groups * size)
    groups = np.repeat(np.arange(2 * n_groups), size)
    _, test = grouped_stratified_split(labels, groups, 0.5, seed)
    n_test = max(round(0.5 * n_groups * size) // size, 1) * size
    assert np.bincount(labels[test]).tolist() == [n_test] * 2


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        (["a", "a", "b"], None, "class 'b' has a single image"),
        (
            ["a", "a", "b", "b"],
            [1, 2, 3, 3],
            "class 'b' has 2 images, all of one",
        ),
    ],
)
def test_a_class_that_cannot_be_on_both_sides_is_named(labels, groups, message):
    with pytest.raises(RequestError, match=message):
        grouped_stratified_split(labels, groups, 0.5, 0)


@given(labelled_groups, st.integers(2, 5), st.integers(0, 99))
def test_folds_keep_groups_together(images, n_folds, seed):
    labels, groups = images
    fold = grouped_stratified_folds(labels, groups, n_folds, np.random.default_rng(seed))
    for group in set(groups):
        assert len(set(fold[groups == group])) == 1
    again = grouped_stratified_folds(labels, groups, n_folds, np.random.default_rng(seed))
    np.testing.assert_array_equal(fold, again)


@given(class_sizes, st.integers(2, 5))
def test_folds_without_groups_differ_by_one_image_at_most(counts, n_folds):
    labels = np.repeat(np.arange(len(counts)), counts)
    fold = grouped_stratified_folds(labels, None, n_folds, np.random.default_rng(0))
    for part in (fold, *(fold[labels == label] for label in range(len(counts)))):
        assert np.ptp(np.bincount(part, minlength=n_folds)) <= 1


def test_what_cannot_be_validated_has_no_fold():
    labels = np.array([0, 1, 1, 2, 2, 2])
    fold = grouped_stratified_folds(labels, [0, 1, 1, 2, 3, 4], 3, np.random.default_rng(0))
    assert fold[:3].tolist() == [3, 3, 3]
    assert sorted(fold[3:]) == [0, 1, 2]


@given(labelled_groups)
def test_merged_groups_are_the_connected_components(groupings):
    merged = merged_groups(*groupings)
    n = len(merged)
    linked = np.eye(n, dtype=bool)
    for grouping in groupings:
        linked |= grouping[:, None] == grouping
    reachable = np.linalg.matrix_power(linked.astype(float), n) > 0
    np.testing.assert_array_equal(merged[:, None] == merged, reachable)
    np.testing.assert_array_equal(merged, reachable.argmax(axis=1))
