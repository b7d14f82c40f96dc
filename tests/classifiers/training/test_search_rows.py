"""Validation parts keep the classes in proportion, and there are as many as it takes."""

from dataclasses import replace

import numpy as np
import pytest

from handcraft.classifiers.training.search_rows import search_folds, validation_folds
from handcraft.classifiers.training.train import Settings


def folds_of(labels, seed=0, groups=None):
    return validation_folds(np.asarray(labels), np.random.default_rng(seed), Settings(), groups)


def test_folds_part_the_rows():
    labels = np.arange(200) % 4
    folds = folds_of(labels)
    assert len(folds) == 5
    for training, validation in folds:
        assert sorted([*training, *validation]) == list(range(200))
    assert sorted(np.concatenate([validation for _, validation in folds])) == list(range(200))


def test_classes_stay_in_proportion():
    labels = np.repeat([0, 1, 2], [500, 100, 20])
    for _, validation in folds_of(labels):
        np.testing.assert_array_equal(np.bincount(labels[validation]), [100, 20, 4])


def test_large_sets_have_one_fold_and_tiny_ones_none():
    assert len(folds_of(np.arange(5_000) % 10)) == 1
    assert len(folds_of(np.arange(2_000) % 10)) == 2
    assert folds_of(np.arange(99) % 3) == []


def test_a_class_of_one_row_stays_in_training():
    labels = np.append(np.arange(120) % 2, 2)
    assert all(120 in training for training, _ in folds_of(labels))


def test_folds_come_from_the_seed():
    labels = np.arange(200) % 4
    np.testing.assert_array_equal(folds_of(labels, 3)[0][1], folds_of(labels, 3)[0][1])
    assert not np.array_equal(folds_of(labels, 3)[0][1], folds_of(labels, 4)[0][1])


@pytest.mark.parametrize(
    ("values", "rows", "expected"),
    [(10 * 300, 500, 750), (10 * 300, 900, 900), (10 * 1_200, 900, 1_200)],
    ids=["a quarter", "the fewest", "as many as are quick"],
)
def test_large_sets_are_searched_on_a_sample(values, rows, expected):
    settings = replace(Settings(), search_values=values, search_rows=rows)
    folds = search_folds(np.arange(3_000) % 3, 10, np.random.default_rng(0), settings)
    assert len(np.unique(np.concatenate(folds[0]))) == expected


@pytest.mark.parametrize(
    "labels",
    [np.arange(100), np.append(np.arange(98), [98] * 3), np.append(np.arange(99), [99] * 5)],
    ids=["singles", "a triple", "a class of five"],
)
def test_there_are_no_parts_where_hardly_a_row_could_be_validated(labels):
    assert folds_of(labels) == []


def test_groups_are_on_one_side_and_classes_in_proportion():
    labels, groups = np.arange(400) % 4, np.arange(400) // 8 * 4 + np.arange(400) % 4
    folds = folds_of(labels, groups=groups)
    assert len(folds) == 5
    for training, validation in folds:
        assert set(groups[training]).isdisjoint(groups[validation])
        np.testing.assert_array_equal(np.bincount(labels[validation]), [20] * 4)


def test_a_sample_keeps_groups_on_one_side():
    settings = replace(Settings(), search_values=0, search_rows=900)
    groups = np.arange(3_000) // 2
    labels = groups % 3
    folds = search_folds(labels, 10, np.random.default_rng(0), settings, groups)
    for training, validation in folds:
        assert set(groups[training]).isdisjoint(groups[validation])


def test_parts_that_few_groups_leave_empty_are_none():
    labels = np.arange(200) % 2
    folds = folds_of(labels, groups=np.arange(200) % 6)
    assert [len(validation) > 0 for _, validation in folds] == [True] * len(folds)
    assert len(folds) >= 2
    assert folds_of(labels, groups=labels) == []  # each class is one group


def test_pairs_are_validated():
    folds = folds_of(np.arange(100) % 50)
    assert sum(len(validation) for _, validation in folds) == 100
