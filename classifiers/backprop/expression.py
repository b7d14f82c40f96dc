"""Formulas as text, such as ``(x + y) * z``, turned into computational graphs."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

import numpy as np

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
)

OPERATORS: dict[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

FUNCTIONS: dict[str, tuple[int, Callable[..., Value]]] = {
    "exp": (1, exp),
    "log": (1, log),
    "sqrt": (1, sqrt),
    "sin": (1, sin),
    "sigmoid": (1, sigmoid),
    "tanh": (1, tanh),
    "relu": (1, relu),
    "max": (2, maximum),
    "min": (2, minimum),
}
"""The number of arguments of each function, and its gate."""

ALLOWED = (
    "names, numbers, + - * /, ** with a number, parentheses, and the functions "
    f"{', '.join(FUNCTIONS)}"
)


def parse(expression: str, values: Mapping[str, float]) -> tuple[Value, dict[str, Value]]:
    """Build the graph of an expression at the given values of its names.

    The text is read with Python's parser, and nothing but a few kinds of node is accepted; it is
    never evaluated as Python.

    Parameters
    ----------
    expression
        Names, numbers, ``+ - * /``, ``**`` with a number, parentheses, and `FUNCTIONS`.
    values
        A number for each name in the expression, no more and no less.

    Returns
    -------
    tuple
        The output, and the inputs by name in the order of their first appearance.

    Raises
    ------
    ValueError
        If the expression is not such a one, a name has no value or a value no name, or the
        result does not exist at these values.

    Examples
    --------
    >>> f, inputs = parse("(x + y) * z", {"x": -2, "y": 5, "z": -4})
    >>> f.backward()
    >>> {name: float(value.gradient) for name, value in inputs.items()}
    {'x': -4.0, 'y': -4.0, 'z': 3.0}
    >>> parse("x[0]", {"x": 1})
    Traceback (most recent call last):
    ValueError: 'x[0]' (Subscript) is not allowed in an expression; allowed are names, ...
    """
    try:
        # Of a zero byte Python before 3.11.4 says a plain ValueError; "?" is no syntax either.
        tree = ast.parse(expression.strip().replace("\0", "?"), mode="eval")
        return _Builder(values).build(tree.body)
    except SyntaxError as error:
        raise ValueError(
            f"{expression!r} is not an expression ({error.msg}); write one like (x + y) * z"
        ) from error
    except (RecursionError, MemoryError) as error:
        raise ValueError(
            "the expression is nested too deeply to be read; use fewer operations"
        ) from error


def read_values(assignments: Sequence[str]) -> dict[str, float]:
    """Read the values of names, written as ``name=number``.

    >>> read_values(["x=-2", "y=5"])
    {'x': -2.0, 'y': 5.0}

    Raises
    ------
    ValueError
        If one has no ``=``, no name before it or no finite number after it, or a name comes twice.
    """
    values: dict[str, float] = {}
    for assignment in assignments:
        name, equals, number = (part.strip() for part in assignment.partition("="))
        if not equals:
            raise ValueError(f"{assignment!r} has no '='; give each value as name=number, as x=-2")
        if not name.isidentifier():
            raise ValueError(f"{assignment!r}: {name!r} is not a name; write it as x=-2")
        if name in values:
            raise ValueError(f"{assignment!r}: {name} already has the value {values[name]:g}")
        values[name] = _finite(number, assignment)
    return values


def _finite(text: str | float, where: str) -> float:
    try:
        number = float(text)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where!r}: {text!r} is not a finite number; write one like -2 or 0.5")
    return number


def _number(node: ast.expr) -> float | None:
    """Return the number that is written here, with its signs, or None."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _finite(number, ast.unparse(node))
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _number(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = _number(operand)
            return None if positive is None else -positive
    return None


def _exponent(node: ast.expr) -> float:
    number = _number(node)
    if number is None:
        raise ValueError(
            f"the exponent {ast.unparse(node)!r} is not a number; write x ** y as exp(y * log(x))"
        )
    return number


class _Builder:
    """Turns the nodes of a syntax tree into gates, from the leaves up."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values = values
        self.inputs: dict[str, Value] = {}

    def build(self, tree: ast.expr) -> tuple[Value, dict[str, Value]]:
        """Return the output of the whole expression, and its inputs by name."""
        output = self.visit(tree)
        unused = [name for name in self.values if name not in self.inputs]
        if unused:
            raise ValueError(
                f"{', '.join(unused)}: no such name in the expression; its names are "
                f"{', '.join(self.inputs) or '(none)'}"
            )
        return output, self.inputs

    def visit(self, node: ast.expr) -> Value:
        """Return the graph of one node, checked to have a finite value."""
        try:
            with np.errstate(all="raise", under="ignore"):
                return self._gate(node)
        except FloatingPointError as error:
            raise ValueError(
                f"{ast.unparse(node)!r} has no finite value here ({error}); "
                "choose other values for its names"
            ) from error

    def _gate(self, node: ast.expr) -> Value:
        number = _number(node)
        if number is not None:
            return Value(number)
        match node:
            case ast.Name(id=name) if name not in FUNCTIONS:
                return self._input(name)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.visit(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.visit(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.visit(left) ** _exponent(right)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self.visit(left), self.visit(right))
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self._call(name, args)
        raise ValueError(
            f"{ast.unparse(node)!r} ({type(node).__name__}) is not allowed in an expression; "
            f"allowed are {ALLOWED}"
        )

    def _input(self, name: str) -> Value:
        if name not in self.values:
            raise ValueError(f"{name} has no value; give one, as {name}=1")
        if name not in self.inputs:
            self.inputs[name] = Value(self.values[name], name=name)
        return self.inputs[name]

    def _call(self, name: str, args: list[ast.expr]) -> Value:
        if name not in FUNCTIONS:
            raise ValueError(f"{name!r} is not a function here; use {', '.join(FUNCTIONS)}")
        n_arguments, function = FUNCTIONS[name]
        if len(args) != n_arguments:
            raise ValueError(
                f"{name} got {len(args)} arguments, expected {n_arguments}"
                + (f"; nest it for more, as {name}(x, {name}(y, z))" if n_arguments == 2 else "")
            )
        return function(*(self.visit(arg) for arg in args))
