"""scikit-learn's classifiers as baselines: the right penalty for all rows, and what is reported."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from handcraft.pipeline.experiment import baseline
from handcraft.pipeline.experiment.baseline import BASELINES, Baseline


def make_rows(n, n_features=20, seed=0):
    """Return rows of two classes whose direction is hidden in noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = rng.normal(size=(n, n_features)).astype(np.float32)
    X[:, 0] += 0.8 * (2 * y - 1)
    return X, y


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_finds_what_separates_the_classes(name):
    fitted = Baseline(name).fit(*make_rows(400))
    X, y = make_rows(1_000, seed=1)
    accuracy = np.mean((fitted.decision_function(X) > 0) == y)
    assert 0.72 < accuracy < 0.83  # the best linear classifier gets Phi(0.8) = 78.8 %
    assert abs(fitted.validation.accuracy - accuracy) < 0.1
    assert fitted.best_params_["iterations"] >= 1


def test_the_penalty_beside_the_mean_loss_is_that_of_the_search(monkeypatch):
    monkeypatch.setattr(baseline, "MAX_SEARCH_IMAGES", 100)
    X, y = make_rows(1_000)
    fitted = Baseline("LogisticRegression", c_grid=(0.01,)).fit(X, y)
    n_searched = 75  # three quarters of the sample; the rest validates
    assert fitted.best_params_["C"] == pytest.approx(0.01 * n_searched / 1_000)
    expected = LogisticRegression(C=0.01 * n_searched / 1_000, max_iter=300)
    expected.fit(StandardScaler().fit_transform(X), y)
    scores = expected.decision_function(StandardScaler().fit(X).transform(X))
    np.testing.assert_allclose(fitted.decision_function(X), scores, rtol=1e-4, atol=1e-4)


def test_with_too_few_rows_nothing_is_validated():
    X, y = make_rows(12)
    y[0] = 2  # a class of one
    assert Baseline("LinearSVC").fit(X, y).validation is None


def test_the_same_seed_gives_the_same_scores():
    X, y = make_rows(60)
    first, second = (Baseline("LinearSVC", seed=3).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.decision_function(X), second.decision_function(X))


@pytest.mark.parametrize("name", BASELINES)
def test_copies_do_not_validate_each_other(name):
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(60, 100)), 4, axis=0).astype(np.float32)
    y, groups = np.repeat(rng.integers(0, 2, 60), 4), np.repeat(np.arange(60), 4)
    assert Baseline(name).fit(X, y).validation.accuracy > 0.9
    assert Baseline(name).fit(X, y, groups=groups).validation.accuracy < 0.7
    alone = Baseline(name).fit(X, y, groups=np.arange(240)).best_params_
    assert alone == Baseline(name).fit(X, y).best_params_


def test_classes_of_one_group_are_not_validated():
    X, y = np.eye(40, dtype=np.float32), np.arange(40) % 2
    assert Baseline("LinearSVC").fit(X, y, groups=y).validation is None


@pytest.mark.parametrize("name", BASELINES)
def test_balanced_class_weights_lift_a_rare_class(name):
    X, y = make_rows(800)
    kept = (y == 0) | (np.arange(800) % 16 == 1)  # 400 and 50
    X, y = X[kept], y[kept]
    plain, balanced = (Baseline(name, class_weight=w).fit(X, y) for w in (None, "balanced"))
    recall = [np.mean(one.decision_function(X[y == 1]) > 0) for one in (plain, balanced)]
    assert recall[1] > recall[0] + 0.2
    # Each class counts the same in validation: guessing the frequent one is worth a half.
    assert balanced.validation.accuracy < 0.85 < plain.validation.accuracy
