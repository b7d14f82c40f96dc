"""What every classifier promises: bits, probabilities, plain data, errors in words."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from threadpoolctl import threadpool_limits

from handcraft.classifiers import CLASSIFIERS, classifier_from_state
from handcraft.classifiers.losses import softmax

NAMES = sorted(CLASSIFIERS)

FEW = {
    "svm": {"epochs": 3},
    "softmax": {"epochs": 3},
    "mlp": {"epochs": 3, "n_hidden": 8},
    "nn": {},
}
"""Little training, so that the tests are quick."""


def make(name, **options):
    return CLASSIFIERS[name](**FEW[name], **options)


def blobs(n_samples=150, n_features=5, dtype=np.float64):
    rng = np.random.default_rng(0)
    y = np.arange(n_samples) % 3
    return (rng.normal(size=(n_samples, n_features)) + 2 * np.eye(3, n_features)[y]).astype(
        dtype
    ), y


class Lazy:
    """Rows that are there only as they are read."""

    def __init__(self, X):
        self._X, self.shape, self.dtype = X, X.shape, X.dtype
        self.most_read = 0

    def __len__(self):
        return len(self._X)

    def __getitem__(self, rows):
        part = self._X[rows].copy()
        self.most_read = max(self.most_read, len(part))
        return part


def learned(classifier):
    return {k: v for k, v in vars(classifier).items() if k.endswith("_") and k != "rows_"}


def assert_same_bits(one, other):
    assert learned(one).keys() == learned(other).keys()
    for name, value in learned(one).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name), name)
        else:
            assert value == getattr(other, name), name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n_features", [700, 40])  # from inner products, from a covariance
def test_threads_do_not_change_a_bit(name, n_features):
    """Long enough for BLAS to share the products among its threads."""
    rng = np.random.default_rng(0)
    y = np.arange(650) % 7
    X = rng.normal(size=(650, n_features)).astype(np.float32) + np.eye(7, n_features)[y]
    X = X.astype(np.float16)
    given = {} if name == "nn" else {"whitening": 0.1, "reg": 0.01}  # rates are left to choose
    fitted, scores = [], []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads):
            options = given if name == "nn" else given | {"n_jobs": n_threads}
            fitted.append(make(name, **options).fit(X, y))
            scores.append(fitted[-1].decision_function(X))
    for other, other_scores in zip(fitted[1:], scores[1:], strict=True):
        assert_same_bits(fitted[0], other)
        np.testing.assert_array_equal(scores[0], other_scores)


FIT_TWICE = """
import numpy as np
from handcraft.classifiers import Softmax
X, y = np.random.default_rng(0).normal(size=(900, 300)), np.arange(900) % 3
first, second = (Softmax(epochs=2, reg=0.1, whitening=1.0).fit(X, y) for _ in range(2))
np.testing.assert_array_equal(first.coef_, second.coef_)
"""


def test_the_first_fit_of_a_process_has_the_bits_of_the_next():
    """A library that is loaded where threads are limited already has threads of its own."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", FIT_TWICE], env=environment, check=True)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_read_on_access_give_the_same_model(name):
    X, y = blobs(600)
    lazy = Lazy(X)
    classifier = make(name).fit(lazy, y)
    assert_same_bits(classifier, make(name).fit(X, y))
    np.testing.assert_array_equal(classifier.predict(Lazy(X)), classifier.predict(X))
    again = classifier_from_state(classifier.to_state())
    np.testing.assert_array_equal(again.decision_function(X), classifier.decision_function(X))


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_are_the_softmax_of_calibrated_scores(name):
    X, y = blobs()
    classifier = make(name).fit(X, y)
    p = classifier.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    scores = classifier.decision_function(X)
    np.testing.assert_allclose(p, softmax(scores / classifier.temperature_), rtol=1e-6)
    np.testing.assert_array_equal(classifier.probabilities(scores), p)
    np.testing.assert_array_equal(classifier.classes_[p.argmax(axis=1)], classifier.predict(X))


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_of_two_classes(name):
    X, y = blobs()
    classifier = make(name).fit(X, y == 0)
    p = classifier.predict_proba(X)
    assert p.shape == (150, 2)
    difference = classifier.decision_function(X)
    np.testing.assert_allclose(classifier.probabilities(difference), p, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_are_calibrated_on_new_rows(name):
    """The mean probability of what is predicted is about the share that is right."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 6))
    y = rng.integers(4, size=3_000)
    X = centres[y] + 1.5 * rng.normal(size=(3_000, 6))
    options = FEW[name] if name == "nn" else FEW[name] | {"epochs": 20}
    classifier = CLASSIFIERS[name](**options).fit(X[:1_000], y[:1_000])
    sure = classifier.predict_proba(X[1_000:]).max(axis=1).mean()
    assert sure == pytest.approx(classifier.score(X[1_000:], y[1_000:]), abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_learned_by_a_fit_that_fails(name):
    X, y = blobs()
    classifier = make(name)
    with pytest.raises(NotFittedError, match="not fitted yet; call fit first"):
        classifier.predict(X)
    with pytest.raises(ValueError, match="one class only"):
        classifier.fit(X, np.zeros(len(y)))
    with pytest.raises(NotFittedError):
        classifier.predict(X)
    classifier.fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        classifier.fit(np.full_like(X, np.nan), y)
    for ask in (classifier.predict, classifier.predict_proba, classifier.decision_function):
        with pytest.raises(NotFittedError):
            ask(X)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "labels", [np.arange(100), np.append(np.arange(98), [98] * 3), np.arange(100) // 2]
)
def test_hardly_more_than_one_row_of_each_class(name, labels):
    X = np.random.default_rng(0).normal(size=(len(labels), 8))
    classifier = make(name).fit(X, labels)
    assert set(classifier.predict(X)) <= set(labels)
    assert (classifier.validation_accuracy_ is None) == (len(np.unique(labels)) > 50)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("labels", [["cat", "dog", "owl"], [-1, 5, 7], [False, True, True]])
def test_a_state_is_json_and_arrays_and_gives_the_classifier_back(name, labels):
    X, y = blobs()
    options = {} if name == "nn" else {"class_weight": {labels[0]: 2.0, labels[1]: 1.0}}
    classifier = make(name, **options, seed=3).fit(X, np.array(labels)[y])
    state = classifier.to_state()
    plain = {k: v for k, v in state.items() if not isinstance(v, np.ndarray)}
    again = classifier_from_state(state | json.loads(json.dumps(plain)))
    assert type(again) is type(classifier)
    assert again.get_params() == classifier.get_params()
    assert_same_bits(again, classifier)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    np.testing.assert_array_equal(again.predict(X), classifier.predict(X))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "nn"])
def test_the_number_of_threads_is_not_in_a_state(name):
    X, y = blobs()
    one, two = (make(name, n_jobs=n).fit(X, y).to_state() for n in (1, 2))
    assert one.keys() == two.keys()
    assert "n_jobs" not in one


@pytest.mark.parametrize("name", NAMES)
def test_a_state_with_anything_missing_or_more_is_refused(name):
    X, y = blobs()
    state = make(name).fit(X, y).to_state()
    optional = {"validation_accuracy_", "validation_cost_", "validation_rows_", "least_familiar_"}
    for key in state.keys() - optional:
        with pytest.raises(ValueError, match=r"kind|holds no|version|not installed|labels"):
            classifier_from_state({k: v for k, v in state.items() if k != key})
    for key in ("more_", "__dict__", "_dtype", "n_jobs"):
        with pytest.raises(ValueError, match=f"holds '{key}', which is not known"):
            classifier_from_state(state | {key: 1})


@pytest.mark.parametrize("name", NAMES)
def test_a_state_with_impossible_values_is_refused(name):
    X, y = blobs()
    state = make(name).fit(X, y).to_state()
    for key, value in state.items():
        if isinstance(value, np.ndarray) and key != "classes_":
            for wrong in (value[:-1], value[..., None], value.astype(str), value.tolist(), None):
                with pytest.raises(ValueError, match=r"expected"):
                    classifier_from_state(state | {key: wrong})
            if value.dtype.kind == "f":
                with pytest.raises(ValueError, match="finite"):
                    classifier_from_state(state | {key: np.full_like(value, np.nan)})
    for key, wrong in (
        ("temperature_", 0.0),
        ("temperature_", float("nan")),
        ("n_features_in_", 10**9),
        ("best_params_", []),
        ("classes_", ["cat", "cat", "dog"]),
        ("classes_", ["cat", "dog"]),
        ("classes_", [None, 1, "dog"]),
        ("seed", "a"),
        ("score_version", 2),
    ):
        with pytest.raises(ValueError, match=r"expected|computes version 1"):
            classifier_from_state(state | {key: wrong})


def test_a_state_of_no_classifier_is_refused():
    with pytest.raises(ValueError, match="'forest', which is not installed; there are svm"):
        classifier_from_state({"kind": "forest"})


@pytest.mark.parametrize("name", NAMES)
def test_labels_of_another_type_are_not_scored_as_wrong(name):
    X, y = blobs()
    classifier = make(name).fit(X, y)
    with pytest.raises(ValueError, match=r"y holds labels like .*'0'.* learned are like"):
        classifier.score(X, y.astype(str))
    assert classifier.score(X, y.astype(float)) == classifier.score(X, y)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dtype", "factor"), [(np.float32, 1e30), (np.float64, 1e200)])
def test_values_too_large_to_square_are_named(name, dtype, factor):
    X, y = blobs()
    with pytest.raises(ValueError, match=r"X contains values up to .* scale the features"):
        make(name).fit((X * factor).astype(dtype), y)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [1e-12, 1e9])
def test_the_scale_of_the_features_does_not_matter(name, factor):
    X, y = blobs()
    assert make(name).fit(factor * X, y).score(factor * X, y) > 0.8


@pytest.mark.parametrize("name", NAMES)
def test_copies_do_not_validate_each_other(name):
    """Labels are drawn at random: only a copy on the other side could tell them."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(120, 60)), 4, axis=0)
    y, groups = np.repeat(rng.integers(0, 2, 120), 4), np.repeat(np.arange(120), 4)
    alone = make(name).fit(X, y).validation_accuracy_
    together = make(name).fit(X, y, groups=groups).validation_accuracy_
    assert alone > together + 0.1
    assert together < 0.62


@pytest.mark.parametrize("name", NAMES)
def test_groups_of_one_change_no_bit(name):
    X, y = blobs()
    names = [f"image {i}" for i in range(len(y))]
    assert_same_bits(make(name).fit(X, y), make(name).fit(X, y, groups=names))


def test_groups_of_another_length_are_refused():
    X, y = blobs()
    with pytest.raises(ValueError, match=r"groups.shape == \(3,\), expected \(150,\)"):
        make("softmax").fit(X, y, groups=[1, 2, 3])


@pytest.mark.parametrize("name", ["svm", "softmax", "mlp"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_and_biases_at_a_row_give_its_scores(name, dtype):
    X, y = blobs(dtype=dtype)
    classifier = make(name).fit(X, y)
    exact = {np.float32: 1e-5, np.float64: 1e-12}[dtype]
    for row, scores in zip(X[:20], classifier.decision_function(X[:20]), strict=True):
        weights, biases = classifier.linear_at(row)
        np.testing.assert_allclose(weights @ row + biases, scores, rtol=0, atol=exact * 50)


def test_the_weights_of_a_network_depend_on_the_row():
    X, y = blobs()
    network = make("mlp").fit(X, y)
    maps = [network.linear_at(row)[0] for row in X[:20]]
    assert any(not np.array_equal(weights, maps[0]) for weights in maps)
