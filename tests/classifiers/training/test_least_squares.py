"""Least squares in a closed form: scikit-learn's ridge regression on the same validation parts."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from handcraft.classifiers.checks import check_training_data
from handcraft.classifiers.training.least_squares import PENALTIES, validate_least_squares
from handcraft.classifiers.training.search_rows import validation_folds
from handcraft.classifiers.training.train import Settings
from handcraft.classifiers.validation import selection_cost


def rows(n_rows, n_features):
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % 3
    X = rng.normal(size=(n_rows, n_features)) * np.logspace(0, -2, n_features)
    X[:, :3] += np.eye(3)[y]
    return X + 5, y


@pytest.mark.parametrize("class_weight", [None, {0: 1.0, 1: 3.0, 2: 0.5}])
@pytest.mark.parametrize("n_features", [20, 300])
def test_it_is_ridge_regression_at_its_best_penalty(n_features, class_weight):
    X, y = rows(150, n_features)
    weights = np.ones(len(y)) if class_weight is None else np.array([1.0, 3.0, 0.5])[y]
    folds = validation_folds(y, np.random.default_rng(0), Settings())
    means = []
    for penalty in PENALTIES:
        parts = []
        for a, b in folds:
            centred = X[a] - np.average(X[a], axis=0, weights=weights[a])
            total = weights[a] @ (centred**2).sum(axis=1)
            alpha = penalty * total / len(a)
            ridge = Ridge(alpha).fit(X[a], np.eye(3)[y[a]], sample_weight=weights[a])
            scores = ridge.predict(X[b])
            held_out = weights[b] / weights[b].mean()
            correct = np.average(scores.argmax(axis=1) == y[b], weights=held_out)
            parts.append((selection_cost(scores, y[b], held_out).cost, correct))
        means.append(np.mean(parts, axis=0))
    cost, accuracy = min(means, key=lambda mean: mean[0])
    found = validate_least_squares(check_training_data(X, y, "test", None, class_weight))
    np.testing.assert_allclose([found.cost, found.accuracy], [cost, accuracy], rtol=1e-6)
    assert found.n_rows == 30


def test_groups_stay_on_one_side():
    """Noise is learned by heart where copies of a row are on both sides, and only there."""
    X = np.repeat(np.random.default_rng(0).normal(size=(60, 400)), 3, axis=0)
    y = np.repeat(np.arange(60) % 2, 3)
    apart = validate_least_squares(check_training_data(X, y, "test"))
    together = validate_least_squares(
        check_training_data(X, y, "test", groups=np.repeat(np.arange(60), 3))
    )
    assert apart.accuracy > 0.95
    assert together.accuracy < 0.75


def test_threads_do_not_change_the_bits_and_few_rows_are_not_validated():
    X, y = rows(150, 300)
    data = check_training_data(X.astype(np.float32), y, "test")
    assert validate_least_squares(data, n_jobs=1) == validate_least_squares(data, n_jobs=3)
    few = check_training_data(X[:30], y[:30], "test")
    assert validate_least_squares(few) is None


def test_rows_that_are_all_alike_tell_nothing():
    X, y = np.full((150, 20), 0.5), np.arange(150) % 3
    assert validate_least_squares(check_training_data(X, y, "test")).accuracy == pytest.approx(
        1 / 3
    )
