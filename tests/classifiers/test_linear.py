"""Linear SVM and softmax: their optimum, their automatic choices, and what they promise."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from handcraft.classifiers import CLASSIFIERS, LinearSVM, Softmax, classifier_from_state
from handcraft.classifiers.linear import LinearClassifier, LinearScores
from handcraft.classifiers.losses import linear_loss, softmax_loss
from handcraft.classifiers.numerics.threads import TILE
from handcraft.classifiers.training.train import PenalisedLoss, Settings

ONE_LOSS = {"svm": {"loss": "hinge"}, "softmax": {}}
"""So that nothing is left to choose."""

LINEAR = [name for name, kind in CLASSIFIERS.items() if issubclass(kind, LinearClassifier)]


def overlapping(n_samples=240, n_features=6, n_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % n_classes
    centres = rng.normal(size=(n_classes, n_features))
    return centres[y] + rng.normal(size=(n_samples, n_features)), y


@pytest.fixture(scope="module")
def chosen():
    """Return each classifier by its name, fitted with all left to choose; not to be changed."""
    return {name: CLASSIFIERS[name]().fit(*overlapping()) for name in LINEAR}


def white(X):
    """Centre and turn rows so that their covariance is the identity: whitening then only scales.

    The penalty on the weights of z = x / sqrt(1 + eps) is thus one on those of x.
    """
    centred = X - X.mean(axis=0)
    return centred @ np.linalg.inv(np.linalg.cholesky(np.cov(centred.T, bias=True))).T


def converged(kind, X, y, C, **options):
    """Train to the optimum of scikit-learn's objective 1/2 |W|^2 + C (sum of losses)."""
    eps = 0.5
    return kind(
        whitening=eps,
        reg=1 / (C * len(X) * (1 + eps)),
        learning_rate=0.02,
        epochs=4000,
        batch_size=len(X),
        **options,
    ).fit(X, y)


def test_softmax_reaches_the_optimum_of_logistic_regression():
    X, y = overlapping()
    X = white(X)
    ours = converged(Softmax, X, y, C=0.1)
    peer = LogisticRegression(C=0.1, tol=1e-10, max_iter=1000).fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-4)
    np.testing.assert_allclose(
        ours.intercept_ - ours.intercept_.mean(),
        peer.intercept_ - peer.intercept_.mean(),
        atol=1e-4,
    )


def test_one_vs_rest_svm_reaches_the_optimum_of_linear_svc():
    X, y = overlapping()
    X = white(X)
    ours = converged(LinearSVM, X, y, C=0.1, loss="one_vs_rest_squared_hinge")
    # liblinear penalises its bias; a large intercept_scaling makes that penalty vanish.
    peer = LinearSVC(C=0.1, tol=1e-10, max_iter=100_000, intercept_scaling=100, dual=False)
    peer.fit(X, y)
    np.testing.assert_allclose(ours.coef_, peer.coef_, atol=1e-3)
    np.testing.assert_allclose(ours.intercept_, peer.intercept_, atol=1e-3)


@pytest.mark.parametrize("name", LINEAR)
def test_scores_are_linear_in_the_original_features(name, chosen):
    X, _ = overlapping()
    model = chosen[name]
    assert model.coef_.shape == (3, 6)
    np.testing.assert_allclose(
        model.decision_function(X), X @ model.coef_.T + model.intercept_, atol=1e-9
    )


@pytest.mark.parametrize("name", LINEAR)
def test_a_row_has_the_same_bits_alone_or_among_others(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 317)).astype(np.float32)
    model = CLASSIFIERS[name](learning_rate=0.01, reg=0.1, whitening=1.0, epochs=1)
    model.fit(X, np.arange(700) % 7)
    scores = model.decision_function(X)
    assert scores.dtype == np.float32
    for rows in ([0], [699], [3, 255, 256, 511], rng.permutation(700)):
        np.testing.assert_array_equal(model.decision_function(X[rows]), scores[rows])


@pytest.mark.parametrize("name", LINEAR)
def test_same_seed_same_bits(name):
    X, y = overlapping()
    first, again = (CLASSIFIERS[name](seed=3, epochs=20).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.coef_, again.coef_)
    assert first.search_ == again.search_


@pytest.mark.parametrize("name", LINEAR)
def test_weights_of_half_rows_are_kept_in_half_and_lose_nothing(name):
    X, y = overlapping()
    options = {"learning_rate": 0.05, "reg": 0.01, "whitening": 0.1, **ONE_LOSS[name]}
    single = CLASSIFIERS[name](**options).fit(X.astype(np.float32), y)
    half = CLASSIFIERS[name](**options).fit(X.astype(np.float16), y)
    np.testing.assert_allclose(half.coef_, single.coef_, rtol=2e-2, atol=5e-2)
    state = half.to_state()
    assert state["coef_"].dtype == np.float16
    assert single.to_state()["coef_"].dtype == np.float32
    again = CLASSIFIERS[name].from_state(state)
    scores = half.decision_function(X)
    assert again.decision_function(X).tobytes() == scores.tobytes()
    assert scores.dtype == np.float32


@pytest.mark.parametrize("name", LINEAR)
def test_memory_mapped_rows_give_the_same_model(name, tmp_path):
    X, y = overlapping()
    X = X.astype(np.float32)
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    options = {"learning_rate": 0.05, "reg": 0.01, "whitening": 0.1}
    inside = CLASSIFIERS[name](**options).fit(X, y)
    outside = CLASSIFIERS[name](**options).fit(mapped, y)
    assert outside.coef_.dtype == np.float32
    np.testing.assert_array_equal(outside.coef_, inside.coef_)
    np.testing.assert_array_equal(outside.predict(mapped), inside.predict(X))


@pytest.mark.parametrize("name", LINEAR)
def test_plain_data_rebuilds_the_model(name):
    X, y = overlapping()
    labels = np.array(["cat", "dog", "owl"])[y]
    model = CLASSIFIERS[name](epochs=3).fit(X, labels)
    copy = classifier_from_state(model.to_state())
    assert type(copy) is type(model)
    assert copy.get_params() == model.get_params()
    assert copy.best_params_ == model.best_params_
    np.testing.assert_array_equal(copy.decision_function(X), model.decision_function(X))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


def test_search_shows_every_trial_and_keeps_the_best(chosen):
    model = chosen["softmax"]
    whole = [trial for trial in model.search_ if trial["epochs"] == model.best_params_["epochs"]]
    best = min(whole, key=lambda trial: round(trial["validation_cost"], 3))
    assert len(whole) == len(Settings.rate_grid)
    assert model.validation_cost_ == best["validation_cost"]
    assert model.validation_accuracy_ == best["validation_accuracy"]
    assert {trial["whitening"] for trial in model.search_} >= set(Settings.whitening_grid)
    for name in ("loss", "reg", "whitening", "epochs"):
        assert model.best_params_[name] == best[name]
    assert model.history_["validation_epoch"][-1] == model.best_params_["epochs"]


def test_what_is_given_is_used_as_it_is():
    X, y = overlapping()
    model = Softmax(learning_rate=0.03, reg=0.2, whitening=0.5, epochs=7).fit(X, y)
    assert model.best_params_ == {
        "loss": "softmax",
        "learning_rate": 0.03,
        "reg": 0.2,
        "whitening": 0.5,
        "epochs": 7,
    }
    [trial] = model.search_  # what is given is validated, too
    assert (trial["reg"], trial["whitening"], trial["epochs"]) == (0.2, 0.5, 7)
    assert model.validation_accuracy_ == trial["validation_accuracy"]
    assert len(model.history_["training_loss"]) == 7


def test_svm_chooses_its_loss(chosen):
    svm = chosen["svm"]
    assert {trial["loss"] for trial in svm.search_} == set(LinearSVM.CHOICE)
    screened = [trial for trial in svm.search_ if trial["epochs"] < svm.best_params_["epochs"]]
    best = min(screened, key=lambda trial: round(trial["validation_cost"], 3))
    assert svm.best_params_["loss"] == best["loss"]


def test_few_rows_use_fixed_values():
    X, y = overlapping(n_samples=60)
    model = LinearSVM().fit(X, y)
    assert model.search_ == []
    assert model.best_params_["reg"] == LinearSVM().settings.start.reg


def test_more_features_than_rows():
    rng = np.random.default_rng(0)
    y = np.arange(120) % 4
    X = rng.normal(size=(120, 500))
    X[:, :4] += 6 * np.eye(4)[y]
    fresh = rng.normal(size=(200, 500))
    fresh[:, :4] += 6 * np.eye(4)[np.arange(200) % 4]
    for kind in (LinearSVM, Softmax):
        assert kind(epochs=30).fit(X, y).score(fresh, np.arange(200) % 4) > 0.85


@pytest.mark.parametrize("name", LINEAR)
def test_integer_weights_repeat_samples(name):
    X, y = overlapping(n_samples=60)
    times = np.random.default_rng(1).integers(0, 4, size=60)
    weighted = CLASSIFIERS[name](epochs=30).fit(X, y, sample_weight=times)
    repeated = CLASSIFIERS[name](epochs=30).fit(X.repeat(times, axis=0), y.repeat(times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-9)


def test_balanced_class_weights_lift_a_rare_class():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [270, 30])
    X = rng.normal(size=(300, 2)) + 1.5 * y[:, None]
    plain, balanced = (
        Softmax(class_weight=weight, learning_rate=0.1, reg=1e-3, whitening=1.0).fit(X, y)
        for weight in (None, "balanced")
    )
    assert balanced.score(X[y == 1], y[y == 1]) > plain.score(X[y == 1], y[y == 1]) + 0.2


def test_divergence_names_the_rate_and_the_remedy():
    X, y = overlapping()
    model = LinearSVM(loss="squared_hinge", learning_rate=1e4, reg=0.1, whitening=1.0, epochs=200)
    with pytest.raises(FloatingPointError, match="learning_rate=10000; give a lower one"):
        model.fit(X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0}, "learning_rate=0; expected a number above 0, or None"),
        ({"learning_rate": "x"}, "learning_rate='x'; expected a number above 0, or None"),
        ({"reg": -1.0}, "reg=-1.0; expected a number from 0, or None"),
        ({"reg": "x"}, "reg='x'; expected a number from 0, or None"),
        ({"batch_size": 2.5}, "batch_size=2.5; expected an integer from 1"),
        ({"n_jobs": 0}, "n_jobs=0; expected an integer from 1, or None"),
        ({"seed": "a"}, "seed='a'; expected an integer from 0"),
        ({"rule": "newton"}, "rule='newton'; expected one of"),
        ({"schedule": "none"}, "schedule='none'; expected one of"),
        ({"loss": "softmax"}, "loss='softmax'; expected one of"),
    ],
)
def test_impossible_parameters_are_named(options, message):
    X, y = overlapping()
    with pytest.raises(ValueError, match=message):
        LinearSVM(**options).fit(X, y)


def test_loss_of_quantised_rows_is_that_of_the_scaled_rows():
    rng = np.random.default_rng(0)
    n_axes, reg = 2 * TILE + 7, 0.1
    rows = rng.integers(-100, 100, (12, n_axes), np.int8)
    scale = np.append(rng.uniform(0.01, 0.02, n_axes), 1)[:, None].astype(np.float32)
    W, labels = rng.normal(size=(n_axes + 1, 4)).astype(np.float32), np.arange(12) % 4
    weights = rng.uniform(0.5, 2, 12).astype(np.float32)
    batch = rows, labels, weights
    penalised = PenalisedLoss(softmax_loss, reg, scale)
    loss, dW = LinearScores(4).loss_and_gradient(W, penalised, *batch)
    whitened = rows * scale[:-1, 0].astype(np.float64)
    expected = linear_loss(
        softmax_loss, W.astype(np.float64), whitened, labels, reg, weights=weights
    )
    np.testing.assert_allclose(loss, expected[0], rtol=1e-5)
    np.testing.assert_allclose(dW, expected[1], rtol=1e-4, atol=1e-5)
