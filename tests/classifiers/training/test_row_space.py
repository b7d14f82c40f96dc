"""Few long rows, as coordinates in the space they span, lead to the same classifier."""

import numpy as np
import pytest

from handcraft.classifiers import LinearSVM, Softmax, TwoLayerNetwork
from handcraft.classifiers.checks import check_training_data
from handcraft.classifiers.training import eigenvectors
from handcraft.classifiers.training.row_space import RowSpace

SETTING = {"learning_rate": 0.1, "reg": 0.1, "whitening": 1.0}
"""With which nothing is searched."""


def long_rows(n_rows=120, n_features=400, dtype=np.float64):
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % 3
    X = rng.normal(size=(n_rows, n_features)) @ np.diag(np.logspace(0, -2, n_features))
    X[:, :3] += 2 * np.eye(3)[y]
    return (X + 5).astype(dtype), y


def space_of(X, y, weights=None):
    return RowSpace.of(check_training_data(X, y, "test", weights))


def test_inner_products_of_centred_rows_stay():
    X, y = long_rows()
    space = space_of(X, y)
    centred, coordinates = X - X.mean(axis=0), space.coordinates.X
    assert coordinates.shape[1] < len(X) < X.shape[1]
    np.testing.assert_allclose(coordinates @ coordinates.T, centred @ centred.T, atol=1e-8)


def test_scores_of_coordinates_are_scores_of_features():
    X, y = long_rows()
    space = space_of(X, y)
    W = np.random.default_rng(1).normal(size=(space.coordinates.X.shape[1], 3))
    scores = (X - space.mean) @ space.weights_of_features(W)
    np.testing.assert_allclose(scores, space.coordinates.X @ W, atol=1e-8)


def test_other_rows_are_projected_onto_what_the_rows_span():
    X, y = long_rows()
    space = space_of(X[:90], y[:90])
    centred = X - X[:90].mean(axis=0)
    projected = space.project(X[90:])
    expected = projected @ space.coordinates.X.T
    np.testing.assert_allclose(expected, centred[90:] @ centred[:90].T, atol=1e-8)
    np.testing.assert_allclose(space.project(X[:90]), space.coordinates.X, atol=1e-8)


def test_rows_without_weight_are_not_there():
    X, y = long_rows()
    X[:30] = 1e3
    weights = np.repeat([0.0, 1.0, 0.5], [30, 45, 45])
    space = space_of(X, y, weights)
    np.testing.assert_allclose(space.mean, np.average(X[30:], axis=0, weights=weights[30:]))
    np.testing.assert_array_equal(space.coordinates.labels, y[30:])
    np.testing.assert_array_equal(space.coordinates.weights, weights[30:])
    W = np.eye(space.coordinates.X.shape[1])[:, :2]
    scores = (X[30:] - space.mean) @ space.weights_of_features(W)
    np.testing.assert_allclose(scores, space.coordinates.X @ W, atol=1e-8)


@pytest.mark.parametrize(
    "classifier",
    [
        Softmax(),
        LinearSVM(loss="hinge"),
        Softmax(**SETTING),
        TwoLayerNetwork(n_hidden=8, learning_rate=0.1, reg=0.01, whitening=10.0),
    ],
    ids=lambda c: repr(c)[:30],
)
def test_a_classifier_is_the_same_without(classifier, monkeypatch):
    """The oracle: the same fit with the axes of the long rows themselves."""
    X, y = long_rows()
    scores = classifier.fit(X, y).decision_function(X)
    monkeypatch.setattr("handcraft.classifiers.training.search_rows.are_few", lambda *_: False)
    without = classifier.fit(X, y).decision_function(X)
    if isinstance(classifier, TwoLayerNetwork):  # the random start meets axes of either sign
        assert np.mean(scores.argmax(axis=1) == without.argmax(axis=1)) > 0.95
    else:
        np.testing.assert_allclose(scores, without, atol=1e-5 * np.abs(without).max())


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_threads_and_chunks_do_not_change_the_bits(dtype, monkeypatch):
    X, y = long_rows(dtype=dtype)
    one = Softmax(n_jobs=1, **SETTING).fit(X, y)
    three = Softmax(n_jobs=3, **SETTING).fit(X, y)
    np.testing.assert_array_equal(one.coef_, three.coef_)
    assert one.coef_.dtype == np.float32
    monkeypatch.setattr(eigenvectors, "CHUNK_ROWS", 7)
    chunked = Softmax(n_jobs=1, **SETTING).fit(X, y)
    np.testing.assert_allclose(chunked.coef_, one.coef_, atol=1e-3 * np.abs(one.coef_).max())


def test_weights_of_rows_in_float16_are_float16_numbers():
    X, y = long_rows(dtype=np.float16)
    coef = Softmax(**SETTING).fit(X, y).coef_
    np.testing.assert_array_equal(coef, coef.astype(np.float16))


def test_copies_of_one_row_take_one_axis():
    X, y = long_rows()
    X[3:] = X[np.arange(117) % 3]
    assert space_of(X, y).coordinates.X.shape[1] == 2
