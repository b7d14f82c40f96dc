"""Validation parts keep the classes in proportion; the search finds what it should."""

import numpy as np
import pytest

from handcraft.classifiers import Softmax
from handcraft.classifiers.optim.minimise import History
from handcraft.classifiers.training import coordinate_search as search
from handcraft.classifiers.training.coordinate_search import (
    Trial,
    best_trial,
    search_folds,
    validation_folds,
)


def folds_of(labels, seed=0):
    return validation_folds(np.asarray(labels), np.random.default_rng(seed))


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
def test_large_sets_are_searched_on_a_sample(monkeypatch, values, rows, expected):
    monkeypatch.setattr(search, "SEARCH_VALUES", values)
    monkeypatch.setattr(search, "SEARCH_ROWS", rows)
    folds = search_folds(np.arange(3_000) % 3, n_features=10, rng=np.random.default_rng(0))
    assert len(np.unique(np.concatenate(folds[0]))) == expected


def test_after_a_search_on_a_sample_all_rows_are_trained_on_for_all_epochs(monkeypatch):
    monkeypatch.setattr(search, "SEARCH_VALUES", 4 * 200)
    monkeypatch.setattr(search, "SEARCH_ROWS", 200)
    rng = np.random.default_rng(0)
    y = np.arange(1_000) % 2
    model = Softmax(epochs=8).fit(rng.normal(size=(1_000, 4)) + y[:, None], y)
    assert model.best_params_["epochs"] == 8
    assert all(trial["epochs"] <= 4 for trial in model.search_)
    best = min(model.search_, key=lambda trial: round(trial["validation_cost"], 3))
    for name in ("reg", "whitening"):
        assert model.best_params_[name] == pytest.approx(0.2 * best[name])  # 200 rows of 1,000
    # A tenth of the steps, of the same safe rate but for what the sample's axes differ.
    expected = np.sqrt(0.1) * best["learning_rate"]
    assert model.best_params_["learning_rate"] == pytest.approx(expected, rel=0.1)
    given = Softmax(epochs=8, reg=0.5, whitening=0.1).fit(rng.normal(size=(1_000, 4)), y)
    assert (given.best_params_["reg"], given.best_params_["whitening"]) == (0.5, 0.1)


def history(accuracies, best_epoch):
    return History(
        validation_epoch=[*range(1, len(accuracies) + 1)],
        validation_accuracy=accuracies,
        validation_loss=[1.0 - a for a in accuracies],
        validation_cost=[2.0 - a for a in accuracies],
        best_epoch=best_epoch,
    )


def test_trial_is_the_mean_over_the_validation_parts():
    trial = Trial.from_histories({}, [history([0.2, 0.6], 2), history([0.1, 0.5, 0.7, 0.8], 4)])
    assert trial.accuracy == pytest.approx(0.7)
    assert trial.loss == pytest.approx(0.3)
    assert trial.cost == pytest.approx(1.3)
    assert trial.epochs == 3


def test_a_trial_that_diverged_is_never_best():
    diverged = Trial.from_histories({"a": 1}, [history([0.9], 1), history([], 0)])
    fair = Trial({"a": 2}, 1, accuracy=0.1, cost=5.0)
    assert best_trial([diverged, fair]) is fair
    with pytest.raises(FloatingPointError, match="diverged with each of 1"):
        best_trial([diverged])


def test_the_lower_cost_is_best():
    worse, better = Trial({}, 1, accuracy=0.6, cost=2.0), Trial({}, 1, accuracy=0.5, cost=1.0)
    assert best_trial([worse, better]) is better


def test_of_equal_costs_the_first_is_best():
    first, second = Trial({}, 1, accuracy=0.5, cost=1.0002), Trial({}, 1, accuracy=0.5, cost=1.0)
    assert best_trial([first, second]) is first
