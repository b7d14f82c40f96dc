"""The two-layer network: its gradient, what a linear classifier cannot learn, its promises."""

import numpy as np
import pytest

from handcraft.classifiers import Softmax, TwoLayerNetwork, classifier_from_state
from handcraft.classifiers.backprop.gradient_check import check_gradient
from handcraft.classifiers.backprop.graph import Value, exp, log, relu
from handcraft.classifiers.losses import LOSSES, softmax_loss
from handcraft.classifiers.network import NetworkScores, layers, network_loss

GIVEN = {"learning_rate": 0.3, "reg": 1e-3, "whitening": 1.0, "n_hidden": 20}

N_INPUTS, N_HIDDEN, N_CLASSES = 4, 5, 3


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    n_params = (N_INPUTS + 1) * N_HIDDEN + (N_HIDDEN + 1) * N_CLASSES
    X, y = rng.normal(size=(9, N_INPUTS)), rng.integers(N_CLASSES, size=9)
    return X, y, rng.normal(size=n_params), rng.uniform(0.5, 2, size=9)


def xor(n_samples, seed):
    X = np.random.default_rng(seed).uniform(-1, 1, size=(n_samples, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def rings(n_samples, seed):
    rng = np.random.default_rng(seed)
    y = np.arange(n_samples) % 2
    radius = 1 + y + 0.1 * rng.normal(size=n_samples)
    angle = rng.uniform(0, 2 * np.pi, size=n_samples)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), y


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_is_the_central_difference(problem, name):
    X, y, params, weights = problem
    loss = LOSSES[name]

    def pieces(p):
        first, second = layers(p, N_INPUTS, N_HIDDEN)
        inputs = X @ first[:-1] + first[-1]
        _, d_scores = loss(np.maximum(0, inputs) @ second[:-1] + second[-1], y, None)
        return np.concatenate([(inputs > 0).ravel(), (d_scores != 0).ravel()])

    check = check_gradient(
        lambda p: network_loss(loss, p, N_HIDDEN, X, y, 0.1, weights), params, pieces
    )
    assert check.worst < 1e-7
    assert check.n_checked == params.size


def test_gradient_is_the_one_from_gates(problem):
    X, y, params, _ = problem
    first, second = layers(params, N_INPUTS, N_HIDDEN)
    W1, b1, W2, b2 = parts = [Value(v) for v in (first[:-1], first[-1:], second[:-1], second[-1:])]
    scores = relu(X @ W1 + b1) @ W2 + b2
    correct = (scores * np.eye(N_CLASSES)[y]).sum(axis=1)
    data_loss = (log(exp(scores).sum(axis=1)) - correct).sum() / len(y)
    total = data_loss + 0.5 * 0.3 * ((W1**2).sum() + (W2**2).sum())
    total.backward()

    loss, gradient = network_loss(softmax_loss, params, N_HIDDEN, X, y, 0.3)
    assert loss == pytest.approx(float(total.data), rel=1e-12)
    np.testing.assert_allclose(
        gradient, np.concatenate([part.gradient.ravel() for part in parts]), rtol=0, atol=1e-10
    )


def test_biases_are_not_penalised(problem):
    X, y, params, _ = problem
    plain, penalised = (
        layers(network_loss(softmax_loss, params, N_HIDDEN, X, y, reg)[1], N_INPUTS, N_HIDDEN)
        for reg in (0.0, 2.0)
    )
    for layer, before, after in zip(
        layers(params, N_INPUTS, N_HIDDEN), plain, penalised, strict=True
    ):
        np.testing.assert_allclose(after[:-1] - before[:-1], 2 * layer[:-1], atol=1e-12)
        np.testing.assert_array_equal(after[-1], before[-1])


@pytest.mark.parametrize("shape", [xor, rings])
def test_learns_what_no_linear_classifier_can(shape):
    X, y = shape(300, seed=0)
    fresh, truth = shape(1000, seed=1)
    assert TwoLayerNetwork(n_hidden=50, epochs=60).fit(X, y).score(fresh, truth) > 0.95
    assert Softmax(epochs=10).fit(X, y).score(fresh, truth) < 0.7


def test_few_rows_with_many_features():
    rng = np.random.default_rng(0)
    y, truth = np.arange(80) % 4, np.arange(200) % 4
    X, fresh = rng.normal(size=(80, 300)), rng.normal(size=(200, 300))
    X[:, :4] += 6 * np.eye(4)[y]
    fresh[:, :4] += 6 * np.eye(4)[truth]
    assert TwoLayerNetwork().fit(X, y).score(fresh, truth) > 0.9


def test_initial_weights_have_the_variance_of_he():
    start = NetworkScores(n_classes=10, n_hidden=400).start(200, np.random.default_rng(0))
    first, second = layers(start, 200, 400)
    assert first[:-1].var() == pytest.approx(2 / 200, rel=0.05)
    assert second[:-1].var() == pytest.approx(2 / 400, rel=0.1)
    assert not first[-1].any()
    assert not second[-1].any()


def test_scores_are_the_formula_on_the_original_features():
    X, y = rings(200, seed=0)
    model = TwoLayerNetwork(**GIVEN).fit(X, y)
    scores = np.maximum(0, X @ model.W1_ + model.b1_) @ model.W2_ + model.b2_
    np.testing.assert_allclose(model.decision_function(X), scores[:, 1] - scores[:, 0], atol=1e-9)


def test_scale_and_offset_of_the_features_do_not_matter():
    X, y = rings(200, seed=0)
    moved = 5 * X + [30, -7]
    plain, other = (TwoLayerNetwork(**GIVEN).fit(rows, y) for rows in (X, moved))
    np.testing.assert_allclose(
        other.decision_function(moved), plain.decision_function(X), atol=1e-6
    )
    assert plain.score(X, y) > 0.95


def test_integer_weights_repeat_samples():
    rng = np.random.default_rng(0)
    X, y, times = rng.normal(size=(40, 6)), np.arange(40) % 3, rng.integers(0, 4, size=40)
    repeated = X.repeat(times, axis=0), y.repeat(times)
    order = rng.permutation(len(repeated[1]))
    weighted = TwoLayerNetwork(**GIVEN).fit(X, y, sample_weight=times)
    given_twice = TwoLayerNetwork(**GIVEN).fit(repeated[0][order], repeated[1][order])
    np.testing.assert_allclose(weighted.W1_, given_twice.W1_, atol=1e-6)


def test_same_seed_same_bits_and_another_seed_other_weights():
    X, y = rings(200, seed=0)
    options = {"n_hidden": 10, "epochs": 3}
    first, again, other = (TwoLayerNetwork(**options, seed=s).fit(X, y) for s in (3, 3, 4))
    np.testing.assert_array_equal(first.W1_, again.W1_)
    np.testing.assert_array_equal(first.W2_, again.W2_)
    assert first.search_ == again.search_
    assert not np.array_equal(first.W1_, other.W1_)


def test_memory_mapped_float32_rows_give_the_same_model(tmp_path):
    X, y = rings(300, seed=0)
    X = X.astype(np.float32)
    np.save(tmp_path / "rows.npy", X)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    inside = TwoLayerNetwork(**GIVEN).fit(X, y)
    outside = TwoLayerNetwork(**GIVEN).fit(mapped, y)
    assert outside.W1_.dtype == outside.decision_function(mapped).dtype == np.float32
    np.testing.assert_array_equal(outside.W1_, inside.W1_)


def test_a_row_has_the_same_bits_alone_or_among_others():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 117)).astype(np.float32)
    model = TwoLayerNetwork(**GIVEN, epochs=1).fit(X, np.arange(700) % 7)
    scores = model.decision_function(X)
    for rows in ([0], [699], [3, 255, 256, 511]):
        np.testing.assert_array_equal(model.decision_function(X[rows]), scores[rows])


def test_plain_data_rebuilds_the_model():
    X, y = rings(200, seed=0)
    model = TwoLayerNetwork(**GIVEN, loss="hinge").fit(X, np.array(["cat", "dog"])[y])
    copy = classifier_from_state(model.to_state())
    assert type(copy) is TwoLayerNetwork
    assert copy.get_params() == model.get_params()
    np.testing.assert_array_equal(copy.decision_function(X), model.decision_function(X))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_hidden": 0}, "n_hidden=0; expected an integer from 1"),
        ({"loss": "huber"}, "loss='huber'; expected one of"),
        ({"rule": "newton"}, "rule='newton'; expected one of"),
    ],
)
def test_impossible_parameters_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        TwoLayerNetwork(**options).fit(*rings(50, seed=0))
