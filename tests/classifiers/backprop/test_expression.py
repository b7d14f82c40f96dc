"""Expressions against Python's own arithmetic, and everything that is refused."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.classifiers.backprop.expression import parse, read_values

SAFE = {
    "exp": math.exp,
    "relu": lambda x: max(0, x),
    "tanh": math.tanh,
    "sin": math.sin,
    "max": max,
    "min": min,
    "__builtins__": {},
}

formulas = st.recursive(
    st.sampled_from(["x", "y", "z", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda x: f"-{x}"),
        st.tuples(st.sampled_from(["relu", "tanh", "sin"]), inner).map(
            lambda parts: f"{parts[0]}({parts[1]})"
        ),
        inner.map(lambda x: f"({x}) ** 2"),
        st.tuples(st.sampled_from(["max", "min"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})"
        ),
    ),
    max_leaves=8,
)
numbers = st.floats(-2, 2)


@given(formulas, numbers, numbers, numbers)
def test_a_formula_has_the_value_that_python_gives_it(formula, x, y, z):
    values = {"x": x, "y": y, "z": z}
    used = {name: value for name, value in values.items() if name in re.findall(r"\w+", formula)}
    output, inputs = parse(formula, used)
    expected = eval(formula, SAFE, values)  # the oracle: only ever formulas from above
    assert float(output.data) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert set(inputs) == set(used)


def test_the_inputs_keep_their_order_and_carry_their_names():
    output, inputs = parse("w * x + b", {"b": 1, "x": 3, "w": 2})
    assert [(name, node.name, float(node.data)) for name, node in inputs.items()] == [
        ("w", "w", 2),
        ("x", "x", 3),
        ("b", "b", 1),
    ]
    assert float(output.data) == 7


def test_a_name_used_twice_is_one_input():
    output, inputs = parse("x * x + x", {"x": 3})
    output.backward()
    assert float(inputs["x"].gradient) == 7


@pytest.mark.parametrize(("text", "value"), [("-3", -3), ("--3", 3), ("+x", 2), ("x ** -2", 0.25)])
def test_signs(text, value):
    output, _ = parse(text, {"x": 2} if "x" in text else {})
    assert float(output.data) == value


def test_a_negative_number_is_a_constant_and_not_a_gate():
    output, _ = parse("-3 * x", {"x": 2})
    assert output.inputs[0].inputs == ()
    assert float(output.inputs[0].data) == -3


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "x.real",
        "x[0]",
        "[x]",
        "lambda: x",
        "(y := x)",
        "x if x else x",
        "x < 1",
        "x and x",
        "not x",
        "~x",
        "x // 2",
        "x % 2",
        "x @ x",
        "x | x",
        "'text'",
        "True",
        "None",
        "2j",
        "f'{x}'",
        "exp",
        "exp(*x)",
        "exp(x=x)",
        "x(1)(2)",
        "[x for x in x]",
    ],
)
def test_anything_else_is_refused_and_what_is_allowed_is_said(text):
    with pytest.raises(ValueError, match="not allowed in an expression; allowed are names, numb"):
        parse(text, {"x": 1})


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("x +", {"x": 1}, r"'x \+' is not an expression .*write one like \(x \+ y\) \* z"),
        ("f = x", {"x": 1}, "is not an expression"),
        ("", {}, "is not an expression"),
        ("x\0", {"x": 1}, "is not an expression"),
        ("x + y", {"x": 1}, "y has no value; give one, as y=1"),
        ("x", {"x": 1, "q": 2, "r": 3}, "q, r: no such name in the expression; its names are x"),
        ("1 + 2", {"q": 2}, r"q: no such name in the expression; its names are \(none\)"),
        ("cos(x)", {"x": 1}, "'cos' is not a function here; use exp, log, sqrt, sin, sigmoid"),
        ("exp(x, x)", {"x": 1}, "exp got 2 arguments, expected 1"),
        ("max(x, x, x)", {"x": 1}, r"max got 3 arguments, expected 2; nest it"),
        ("x ** x", {"x": 1}, r"the exponent 'x' is not a number; write .* exp\(y \* log\(x\)\)"),
        ("9 ** 9 ** 9", {}, r"the exponent '9 \*\* 9' is not a number"),
        ("1e999", {}, "not a finite number"),
        ("1" + "0" * 400, {}, "not a finite number"),
        ("log(x)", {"x": -1}, r"'log\(x\)' has no finite value here .*choose other values"),
        ("2 * (1 / x)", {"x": 0}, "'1 / x' has no finite value here"),
        ("exp(x)", {"x": 1000}, "no finite value here"),
        ("x ** 0.5", {"x": -1}, "no finite value here"),
        ("-" * 100_000 + "x", {"x": 1}, "nested too deeply"),
        ("+".join("x" * 5000), {"x": 1}, "nested too deeply"),
    ],
)
def test_errors_say_what_is_wrong(text, values, message):
    with pytest.raises(ValueError, match=message):
        parse(text, values)


def test_values_are_read_from_assignments():
    assert read_values(["x=-2", " y = 1e-3 ", "w0=.5"]) == {"x": -2, "y": 0.001, "w0": 0.5}


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        (["x"], "'x' has no '='; give each value as name=number, as x=-2"),
        (["2=x"], "'2=x': '2' is not a name"),
        (["=3"], "'=3': '' is not a name"),
        (["x=two"], "'x=two': 'two' is not a finite number"),
        (["x=nan"], "not a finite number"),
        (["x=1=2"], "'1=2' is not a finite number"),
        (["x=1", "x=2"], "'x=2': x already has the value 1"),
    ],
)
def test_an_assignment_that_is_none_is_named(assignments, message):
    with pytest.raises(ValueError, match=message):
        read_values(assignments)


@given(st.text(max_size=30))
def test_any_text_is_either_a_finite_number_or_a_value_error(text):
    try:
        output, _ = parse(text, {})
    except ValueError:
        return
    assert np.isfinite(output.data)
