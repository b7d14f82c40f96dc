"""The nodes of a computational graph by name: how each is computed, its value and its gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from handcraft.classifiers.backprop.graph import Array, Value, topological_order


class NodeRow(NamedTuple):
    """A row of the table; the formula of an input is empty."""

    name: str
    formula: str
    value: str
    gradient: str


DIGITS = 2
"""Decimals that are shown, as in CS231n's circuits."""


def list_nodes(output: Value, digits: int = DIGITS) -> list[NodeRow]:
    """Return a row for each input and then one for each gate; constants have none.

    Examples
    --------
    >>> x, y, z = Value(-2, name="x"), Value(5, name="y"), Value(-4, name="z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> for row in list_nodes(f): print(*row, sep=" | ")
    x |  | -2.00 | -4.00
    y |  | 5.00 | -4.00
    z |  | -4.00 | 3.00
    q1 | x + y | 3.00 | -4.00
    f | q1 * z | -12.00 | 1.00
    """
    nodes = topological_order(output)
    names = name_nodes(nodes)
    rows = [
        NodeRow(
            names[node], formula(node, names), show(node.data, digits), show(node.gradient, digits)
        )
        for node in nodes
        if not is_constant(node)
    ]
    return sorted(rows, key=lambda row: row.formula != "")


def node_table(output: Value, digits: int = DIGITS) -> str:
    """Return the rows of `list_nodes` as aligned text.

    Examples
    --------
    >>> x = Value(3, name="x")
    >>> f = 1 / (x + 1)
    >>> f.backward()
    >>> print(node_table(f))
    node            value  gradient
    x                3.00     -0.06
    q1 = x + 1       4.00     -0.06
    f  = 1 / q1      0.25      1.00
    """
    rows = list_nodes(output, digits)
    longest = max((len(row.name) for row in rows), default=0)
    nodes = [f"{row.name:<{longest}} = {row.formula}" if row.formula else row.name for row in rows]
    width = max(map(len, ["node", *nodes]))
    column = max(map(len, ["gradient", *(n for row in rows for n in (row.value, row.gradient))]))
    lines = [f"{'node':<{width}}  {'value':>{column}}  {'gradient':>{column}}"]
    for node, row in zip(nodes, rows, strict=True):
        lines.append(f"{node:<{width}}  {row.value:>{column}}  {row.gradient:>{column}}")
    return "\n".join(lines)


def is_constant(node: Value) -> bool:
    """Return whether a node is a number without a name, such as the 1 in x + 1."""
    return not node.inputs and not node.name and node.data.size == 1


def name_nodes(nodes: Sequence[Value], output_name: str = "f") -> dict[Value, str]:
    """Return a name for each node: its own; else its number, the output's name, or q1, q2 ..."""
    taken = {node.name for node in nodes}
    free = (name for name in (f"q{i}" for i in count(1)) if name not in taken)
    names = {}
    for node in nodes:
        if is_constant(node):
            names[node] = f"{node.data.item():g}"
        elif node is nodes[-1] and output_name not in taken:
            names[node] = node.name or output_name
        else:
            names[node] = node.name or next(free)
    return names


def formula(node: Value, names: dict[Value, str]) -> str:
    """Return how a gate computes its value, such as ``q1 * z``; nothing for an input."""
    gate, arguments = node.gate, [names[source] for source in node.inputs]
    if gate.isalpha():
        return f"{gate}({', '.join(arguments)})"
    if gate.startswith("**"):
        return f"{arguments[0]} ** {gate[2:]}"
    return f" {gate} ".join(arguments) if len(arguments) == 2 else gate + "".join(arguments)


def show(array: Array, digits: int = DIGITS) -> str:
    """Return a number with `digits` decimals, or with an exponent if it is small or large.

    Of an array with more than one element only the shape is shown.

    >>> import numpy as np
    >>> show(np.array(-12)), show(np.array(0.0004)), show(np.zeros((3, 2)))
    ('-12.00', '4.0e-04', '3×2')
    >>> show(np.array(-0.196612), digits=4)
    '-0.1966'
    """
    if array.size != 1:
        return "×".join(map(str, array.shape))
    number = array.item()
    if number == 0 or 0.5 * 10**-digits <= abs(number) < 1e5 or not math.isfinite(number):
        return f"{number + 0.0:.{digits}f}"  # -0.0 + 0.0 is 0.0
    return f"{number:.{digits - 1}e}"
