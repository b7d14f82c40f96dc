"""A computational graph for people: the circuit drawn as in the lecture, and a table of its nodes.

Inputs are on the left and wires run to the right. On the wire that leaves a node its value is
written above, in green, and its gradient below, in red.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from classifiers.graph import Value, topological_order
from pipeline.report.layered import assign_layers, place

VALUE_COLOUR, GRADIENT_COLOUR, INK = "#1f7a5a", "#b3402e", "#2b2f36"

RADIUS = 22
"""Of a gate's circle, in pixels, as all lengths here."""

BEND = 58
"""Width of the strip between two layers, in which the wires change their height."""

ROW = 62
"""Least distance between the centres of two nodes of one layer."""

MARGIN = 24
DIGIT = 7.8
"""Width of a character of a number."""


class NodeRow(NamedTuple):
    """A line of the table: a node and how its value came about."""

    name: str
    formula: str
    value: str
    gradient: str


def list_nodes(output: Value, output_name: str = "f") -> list[NodeRow]:
    """Return a row for each input, and then one for each gate, after the rows of its inputs.

    >>> x, y, z = Value(-2, name="x"), Value(5, name="y"), Value(-4, name="z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> print(*list_nodes(f)[2:], sep="\\n")
    NodeRow(name='z', formula='', value='-4.00', gradient='3.00')
    NodeRow(name='q1', formula='x + y', value='3.00', gradient='-4.00')
    NodeRow(name='f', formula='q1 * z', value='-12.00', gradient='1.00')
    """
    nodes = topological_order(output)
    names = _names(nodes, output_name)
    rows = [
        NodeRow(names[node], _formula(node, names), _number(node.data), _number(node.gradient))
        for node in nodes
        if node.inputs or not _is_constant(node)
    ]
    return sorted(rows, key=lambda row: row.formula != "")
