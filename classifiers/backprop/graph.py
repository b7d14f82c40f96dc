"""A computational graph: gates that remember their inputs, and backpropagation through them.

A gate computes its value at once and keeps its inputs, and with them a rule: given how the output
of the whole graph changes with this gate's value (the upstream gradient), how does it change with
each input? That is the chain rule, upstream gradient times local gradient, and `Value.backward`
applies it gate by gate from the output back to the inputs.

The circuit of CS231n, f = (x + y) z:

>>> x, y, z = Value(-2), Value(5), Value(-4)
>>> f = (x + y) * z
>>> f.backward()
>>> print(f.data, x.gradient, y.gradient, z.gradient)
-12.0 -4.0 -4.0 3.0

Its sigmoid neuron, whose value s = 0.73 passes the gradient (1 - s) s = 0.20 back:

>>> w0, x0, w1, x1, w2 = inputs = [Value(v) for v in (2, -1, -3, -2, -3)]
>>> s = sigmoid(w0 * x0 + w1 * x1 + w2)
>>> s.backward()
>>> print(s.data.round(2), ((1 - s.data) * s.data).round(2))
0.73 0.2
>>> print(*(v.gradient.round(2) for v in inputs))
-0.2 0.39 -0.39 -0.59 0.2

References
----------
Li, Karpathy & Johnson, "CS231n: Backpropagation, intuitions", Stanford, 2016.
Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", Nature 323,
1986. Karpathy's micrograd (2020) is the model of an engine that fits on a page.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

ChainRule = Callable[[Array], tuple[Array, ...]]
"""From the upstream gradient, of the shape of a gate's value, to a gradient for each input."""


class Value:
    """A node of the graph: an input, a constant, or the output of a gate.

    Values are used like arrays, with ``+ - * / @``, with ``**`` and a number, and with the
    functions of this module; shapes broadcast as numpy's do. Plain numbers and arrays in between
    become constants.

    Parameters
    ----------
    data
        A number or an array; kept as float64.
    gate, inputs, chain_rule
        What a gate says of itself: its symbol, its inputs, and the way back to them.
    name
        What to call the node in a table or a drawing.

    Attributes
    ----------
    gradient
        float64 of the shape of `data`: the derivative of the output by each of its elements, once
        `backward` was called on the output.
    """

    __array_ufunc__ = None  # array * Value shall call Value.__rmul__, not multiply elements by it

    def __init__(
        self,
        data: ArrayLike,
        gate: str = "",
        inputs: tuple[Value, ...] = (),
        chain_rule: ChainRule = lambda up: (),
        name: str = "",
    ) -> None:
        self.data: Array = np.asarray(data, dtype=np.float64)
        self.gradient: Array = np.zeros_like(self.data)
        self.gate = gate
        self.inputs = inputs
        self.chain_rule = chain_rule
        self.name = name

    def backward(self) -> None:
        """Set the gradient of this node, the output, and of every node that led to it.

        A node passes its gradient on when all branches that leave it have added their share,
        which going through the nodes in reverse topological order ensures.

        Raises
        ------
        ValueError
            If the output is not a single number.
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward from a value of shape {self.data.shape}, expected a single number; "
                "add its elements up first, with .sum()"
            )
        nodes = topological_order(self)
        for node in nodes:
            node.gradient = np.zeros_like(node.data)
        self.gradient = np.ones_like(self.data)
        for node in reversed(nodes):
            for source, share in zip(node.inputs, node.chain_rule(node.gradient), strict=True):
                source.gradient += _undo_broadcasting(share, source.data.shape)

    def __add__(self, other: Value | ArrayLike) -> Value:
        x, y = self, as_value(other)
        return Value(x.data + y.data, "+", (x, y), lambda up: (up, up))

    def __sub__(self, other: Value | ArrayLike) -> Value:
        x, y = self, as_value(other)
        return Value(x.data - y.data, "-", (x, y), lambda up: (up, -up))

    def __mul__(self, other: Value | ArrayLike) -> Value:
        x, y = self, as_value(other)
        return Value(x.data * y.data, "*", (x, y), lambda up: (up * y.data, up * x.data))

    def __truediv__(self, other: Value | ArrayLike) -> Value:
        x, y = self, as_value(other)
        q = x.data / y.data
        return Value(q, "/", (x, y), lambda up: (up / y.data, -up * q / y.data))

    def __neg__(self) -> Value:
        return Value(-self.data, "-", (self,), lambda up: (-up,))

    def __pow__(self, exponent: float) -> Value:
        if isinstance(exponent, Value):
            raise TypeError("the exponent is a Value, expected a number; use exp(y * log(x))")
        x, p = self, exponent
        return Value(x.data**p, f"**{p:g}", (x,), lambda up: (up * p * x.data ** (p - 1),))

    def __matmul__(self, other: Value | ArrayLike) -> Value:
        x, y = self, as_value(other)
        if x.data.ndim != 2 or y.data.ndim != 2:
            raise ValueError(
                f"matrix product of shapes {x.data.shape} and {y.data.shape}, expected two axes "
                "each; reshape a vector to one row or one column"
            )
        return Value(x.data @ y.data, "@", (x, y), lambda up: (up @ y.data.T, x.data.T @ up))

    def __radd__(self, other: ArrayLike) -> Value:
        return as_value(other) + self

    def __rsub__(self, other: ArrayLike) -> Value:
        return as_value(other) - self

    def __rmul__(self, other: ArrayLike) -> Value:
        return as_value(other) * self

    def __rtruediv__(self, other: ArrayLike) -> Value:
        return as_value(other) / self

    def __rmatmul__(self, other: ArrayLike) -> Value:
        return as_value(other) @ self

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Value:
        """Add the elements up, all of them or along one axis, as numpy's `sum` does."""
        x, total = self, self.data.sum(axis, keepdims=True)
        result = total if keepdims else total.squeeze(axis)
        ones = np.ones_like(x.data)
        return Value(result, "sum", (x,), lambda up: (up.reshape(total.shape) * ones,))

    def __repr__(self) -> str:
        return f"Value({self.data}, name={self.name!r}, gradient={self.gradient})"


def as_value(x: Value | ArrayLike) -> Value:
    """Return `x` itself, or a constant node that holds it."""
    return x if isinstance(x, Value) else Value(x)


def exp(x: Value | ArrayLike) -> Value:
    """Return e**x, which is its own local gradient."""
    x = as_value(x)
    e = np.exp(x.data)
    return Value(e, "exp", (x,), lambda up: (up * e,))


def log(x: Value | ArrayLike) -> Value:
    """Return the natural logarithm; local gradient 1 / x."""
    x = as_value(x)
    return Value(np.log(x.data), "log", (x,), lambda up: (up / x.data,))


def sigmoid(x: Value | ArrayLike) -> Value:
    """Return s = 1 / (1 + exp(-x)); local gradient (1 - s) s.

    >>> x = Value(1.0)
    >>> s = sigmoid(x)
    >>> s.backward()
    >>> x.gradient == (1 - s.data) * s.data
    np.True_
    """
    x = as_value(x)
    s = np.exp(-np.logaddexp(0, -x.data))  # the same, but exp(-x) would overflow
    return Value(s, "sigmoid", (x,), lambda up: (up * (1 - s) * s,))


def tanh(x: Value | ArrayLike) -> Value:
    """Return the hyperbolic tangent t; local gradient 1 - t^2."""
    x = as_value(x)
    t = np.tanh(x.data)
    return Value(t, "tanh", (x,), lambda up: (up * (1 - t**2),))


def sin(x: Value | ArrayLike) -> Value:
    """Return the sine of x in radians; local gradient cos x."""
    x = as_value(x)
    return Value(np.sin(x.data), "sin", (x,), lambda up: (up * np.cos(x.data),))


def sqrt(x: Value | ArrayLike) -> Value:
    """Return the square root r; local gradient 1 / (2 r), which does not exist at 0."""
    x = as_value(x)
    r = np.sqrt(x.data)
    return Value(r, "sqrt", (x,), lambda up: (up / (2 * r),))


def relu(x: Value | ArrayLike) -> Value:
    """Return max(0, x); local gradient 1 where x > 0, else 0."""
    x = as_value(x)
    return Value(np.maximum(x.data, 0), "relu", (x,), lambda up: (up * (x.data > 0),))


def maximum(x: Value | ArrayLike, y: Value | ArrayLike) -> Value:
    """Return the larger of x and y, to which the gradient goes; in a tie it goes to x."""
    x, y = as_value(x), as_value(y)
    first = x.data >= y.data
    return Value(np.maximum(x.data, y.data), "max", (x, y), lambda up: (up * first, up * ~first))


def minimum(x: Value | ArrayLike, y: Value | ArrayLike) -> Value:
    """Return the smaller of x and y, to which the gradient goes; in a tie it goes to x."""
    x, y = as_value(x), as_value(y)
    first = x.data <= y.data
    return Value(np.minimum(x.data, y.data), "min", (x, y), lambda up: (up * first, up * ~first))


def topological_order(output: Value) -> list[Value]:
    """Return the nodes that lead to `output`, itself last, each after all of its inputs.

    Depth first with a stack of its own, since Python's would limit the depth of the graph.
    """
    order: list[Value] = []
    seen: set[Value] = set()
    stack = [(output, False)]
    while stack:
        node, inputs_are_done = stack.pop()
        if inputs_are_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(source, False) for source in reversed(node.inputs)]
    return order


def _undo_broadcasting(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the axes along which an array of this shape was broadcast."""
    new_axes = tuple(range(gradient.ndim - len(shape)))
    gradient = gradient.sum(axis=new_axes)
    stretched = tuple(axis for axis, length in enumerate(shape) if length == 1)
    return np.asarray(gradient.sum(axis=stretched, keepdims=True))
