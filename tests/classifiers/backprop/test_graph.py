"""Gates against central differences and hand-derived gradients; losses built from gates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from handcraft.classifiers.backprop.graph import (
    Value,
    exp,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    sin,
    sqrt,
    tanh,
    topological_order,
)
from handcraft.classifiers.losses import hinge_loss, softmax_loss

ONE_INPUT = {
    "negative": lambda x: -x,
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "reciprocal": lambda x: x**-1,
    "exp": exp,
    "log": lambda x: log(x * x),
    "sigmoid": sigmoid,
    "tanh": tanh,
    "sin": sin,
    "sqrt": lambda x: sqrt(x * x + 1),
    "relu": relu,
    "number on the left": lambda x: 3 / (2 - x),
    "branches": lambda x: x * x + sigmoid(x) * (1 - x) - x / 2,
}
TWO_INPUTS = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "maximum": maximum,
    "minimum": minimum,
}

seeds = st.integers(0, 2**32 - 1)


def away_from_zero(rng, shape):
    """Return numbers of either sign whose size is between 0.5 and 2: far from kinks and poles."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 2, shape)


def central_differences(f, arrays, h=1e-6):
    arrays = [np.array(array) for array in arrays]
    gradients = []
    for array in arrays:
        gradient = np.empty_like(array)
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            above = f(*arrays)
            array[i] = kept - h
            gradient[i] = (above - f(*arrays)) / (2 * h)
            array[i] = kept
        gradients.append(gradient)
    return gradients


def assert_gradients_are_central_differences(build, arrays, rng):
    """Check the gradients of a random weighted sum of what `build` returns."""
    weights = rng.normal(size=build(*map(Value, arrays)).data.shape)
    inputs = [Value(array) for array in arrays]
    (build(*inputs) * weights).sum().backward()
    numerical = central_differences(
        lambda *arrays: float((build(*map(Value, arrays)).data * weights).sum()), arrays
    )
    for value, expected in zip(inputs, numerical, strict=True):
        assert value.gradient.shape == value.data.shape
        np.testing.assert_allclose(value.gradient, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("gate", ONE_INPUT.values(), ids=ONE_INPUT)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_gates_of_one_input(gate, shape):
    rng = np.random.default_rng(len(shape))
    x = away_from_zero(rng, shape)
    x = np.where(np.abs(x - 2) < 0.3, -x, x)  # far from the pole of 3 / (2 - x)
    assert_gradients_are_central_differences(gate, [x], rng)


@pytest.mark.parametrize("gate", TWO_INPUTS.values(), ids=TWO_INPUTS)
@settings(max_examples=25, deadline=None)
@given(
    shapes=mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3),
    seed=seeds,
)
def test_gates_of_two_inputs_broadcast(gate, shapes, seed):
    rng = np.random.default_rng(seed)
    x = away_from_zero(rng, shapes.input_shapes[0])
    y = 1.5 * away_from_zero(rng, shapes.input_shapes[1])
    if gate in (maximum, minimum):
        x, y = np.round(x, 1), np.round(y, 1) + 0.05  # no ties
    assert gate(Value(x), Value(y)).data.shape == shapes.result_shape
    assert_gradients_are_central_differences(gate, [x, y], rng)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 4), k=st.integers(1, 4), m=st.integers(1, 4), seed=seeds)
def test_matrix_product(n, k, m, seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(n, k)), rng.normal(size=(k, m))
    assert_gradients_are_central_differences(lambda X, W: X @ W, [X, W], rng)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_sum_has_the_shape_of_numpys(axis, keepdims):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 1, 3))
    total = Value(x).sum(axis, keepdims)
    np.testing.assert_allclose(total.data, x.sum(axis, keepdims=keepdims))
    assert total.data.shape == x.sum(axis, keepdims=keepdims).shape
    assert_gradients_are_central_differences(lambda x: x.sum(axis, keepdims), [x], rng)


@given(x=st.floats(-30, 30), y=st.floats(-30, 30), upstream=st.floats(-5, 5))
def test_local_gradients_are_the_hand_derived_ones(x, y, upstream):
    s = 1 / (1 + np.exp(-x))
    expected = {
        "add": (lambda x, y: x + y, 1, 1),
        "multiply": (lambda x, y: x * y, y, x),
        "divide": (lambda x, y: x / (y * y + 1), 1 / (y**2 + 1), -2 * x * y / (y**2 + 1) ** 2),
        "maximum": (maximum, float(x >= y), float(x < y)),
        "minimum": (minimum, float(x <= y), float(x > y)),
        "tanh": (lambda x, y: tanh(x) - y, 1 - np.tanh(x) ** 2, -1),
        "sin": (lambda x, y: sin(x) * y, np.cos(x) * y, np.sin(x)),
        "sqrt": (lambda x, y: sqrt(exp(x)) + y, np.exp(x / 2) / 2, 1),
        "exp": (lambda x, y: exp(x) + y, np.exp(x), 1),
        "log": (lambda x, y: log(exp(x)) - y, 1, -1),
        "sigmoid": (lambda x, y: sigmoid(x) - y, (1 - s) * s, -1),
        "relu": (lambda x, y: relu(x) * y, float(x > 0) * y, max(0, x)),
    }
    for gate, by_x, by_y in expected.values():
        a, b = Value(x), Value(y)
        (gate(a, b) * upstream).backward()
        np.testing.assert_allclose(a.gradient, upstream * by_x, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(b.gradient, upstream * by_y, rtol=1e-9, atol=1e-12)


def test_the_circuit_of_cs231n_at_every_node():
    x, y, z = Value(-2), Value(5), Value(-4)
    q = x + y
    f = q * z
    f.backward()
    assert [float(node.data) for node in (q, f)] == [3, -12]
    assert [float(node.gradient) for node in (x, y, z, q, f)] == [-4, -4, 3, -4, 1]


def test_the_sigmoid_neuron_of_cs231n_taken_apart_and_whole():
    numbers = (2, -1, -3, -2, -3)
    gradients = []
    for squash in (sigmoid, lambda x: 1 / (1 + exp(-x))):
        w0, x0, w1, x1, w2 = inputs = [Value(number) for number in numbers]
        s = squash(w0 * x0 + w1 * x1 + w2)
        s.backward()
        gradients.append([float(value.gradient) for value in inputs])
        assert round(float(s.data), 2) == 0.73
    # CS231n multiplies rounded numbers and finds -0.20, 0.39, -0.39, -0.59, 0.20.
    g = 0.7310585786300049 * (1 - 0.7310585786300049)
    np.testing.assert_allclose(gradients, [[-g, 2 * g, -2 * g, -3 * g, g]] * 2, rtol=1e-12)


def test_the_gradient_goes_to_the_input_that_is_taken_and_of_equals_to_the_first():
    x, y = Value([1.0, 2.0, 3.0]), Value([3.0, 2.0, 1.0])
    maximum(x, y).sum().backward()
    np.testing.assert_array_equal(x.gradient, [0, 1, 1])
    np.testing.assert_array_equal(y.gradient, [1, 0, 0])
    minimum(x, y).sum().backward()
    np.testing.assert_array_equal(x.gradient, [1, 1, 0])
    np.testing.assert_array_equal(y.gradient, [0, 0, 1])


def test_branches_add_up():
    x = Value(3.0)
    y = x + x
    (y * y + x).backward()  # 4 x^2 + x
    assert float(x.gradient) == 8 * 3 + 1


def test_a_second_pass_starts_from_zero():
    x = Value(3.0)
    f = x * x
    f.backward()
    f.backward()
    assert float(x.gradient) == 6


def test_nodes_come_after_their_inputs_and_once():
    x = Value(1.0)
    a = x * x
    b = a + x
    f = a * b
    assert topological_order(f) == [x, a, b, f]


def test_depth_is_not_limited_by_pythons_stack():
    x = Value(1.0)
    f = x
    for _ in range(20_000):
        f = f + x
    f.backward()
    assert float(x.gradient) == 20_001


def test_sigmoid_of_large_numbers_neither_overflows_nor_loses_the_small_ones():
    s = sigmoid(Value([-1000.0, -40.0, 1000.0])).data
    np.testing.assert_allclose(s, [0, np.exp(-40), 1], rtol=1e-12)


def test_arrays_and_numbers_on_the_left():
    x = Value([[1.0, 2.0]])
    ones = np.ones((3, 1))
    for result in (ones + x, ones - x, ones * x, ones / x, ones @ x):
        assert isinstance(result, Value)
        assert result.data.shape == (3, 2)
    assert (2 - x).data.tolist() == [[1, 0]]
    assert (2 / x).data.tolist() == [[2, 1]]


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 4)), rng.integers(0, 3, 7)
    return X, y, np.eye(3)[y], rng.normal(size=(4, 3)), rng.normal(size=(1, 3))


def hinge_from_gates(scores, one_hot):
    correct = (scores * one_hot).sum(axis=1, keepdims=True)
    margins = maximum(0, scores - correct + 1) * (1 - one_hot)
    return margins.sum() / len(one_hot)


def softmax_from_gates(scores, one_hot):
    shifted = scores - scores.data.max(axis=1, keepdims=True)
    log_total = log(exp(shifted).sum(axis=1))
    return (log_total - (shifted * one_hot).sum(axis=1)).sum() / len(one_hot)


@pytest.mark.parametrize(
    ("from_gates", "by_hand"),
    [(hinge_from_gates, hinge_loss), (softmax_from_gates, softmax_loss)],
    ids=["hinge", "softmax"],
)
def test_a_loss_from_gates_is_the_hand_derived_one(problem, from_gates, by_hand):
    X, y, one_hot, weights, bias = problem
    W, b = Value(weights), Value(bias)
    reg = 0.3
    loss = from_gates(X @ W + b, one_hot) + 0.5 * reg * (W**2).sum()
    loss.backward()
    data_loss, d_scores = by_hand(X @ weights + bias, y)
    assert float(loss.data) == pytest.approx(data_loss + 0.5 * reg * (weights**2).sum(), rel=1e-12)
    np.testing.assert_allclose(W.gradient, X.T @ d_scores + reg * weights, rtol=0, atol=1e-10)
    np.testing.assert_allclose(b.gradient[0], d_scores.sum(axis=0), rtol=0, atol=1e-10)


def test_the_hinge_gradient_from_gates_is_the_one_in_the_notes_of_cs231n(problem):
    X, y, one_hot, weights, bias = problem
    W = Value(weights)
    hinge_from_gates(X @ W + bias, one_hot).backward()
    expected = np.zeros_like(weights)
    for x, correct in zip(X, y, strict=True):
        scores = x @ weights + bias[0]
        for j in range(3):
            if j != correct and scores[j] - scores[correct] + 1 > 0:
                expected[:, j] += x / len(X)
                expected[:, correct] -= x / len(X)
    np.testing.assert_allclose(W.gradient, expected, rtol=0, atol=1e-10)


def test_errors_say_what_was_got_and_what_to_do():
    x = Value([1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(2,\), expected a single number.*\.sum\(\)"):
        x.backward()
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(2,\), expected two axes"):
        x @ x
    with pytest.raises(TypeError, match=r"expected a number; use exp\(y \* log\(x\)\)"):
        x**x
