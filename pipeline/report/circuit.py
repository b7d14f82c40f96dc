"""A computational graph for people: a table of its nodes, and the circuit drawn as in the lecture.

Inputs are on the left and wires run to the right. On the wire that leaves a node its value is
written above, in green, and its gradient below, in red.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple
from xml.sax.saxutils import escape

from classifiers.graph import Array, Value, topological_order
from pipeline.report.layered import assign_layers, place

VALUE_COLOUR, GRADIENT_COLOUR, INK = "#1f7a5a", "#b3402e", "#2b2f36"

# All lengths are in pixels.
RADIUS = 22
"""Of a gate's circle."""

STRIP = 56
"""Width of the strip between two layers, in which wires climb and fall."""

ROW = 62
"""Distance between neighbours in a layer, at least."""

MARGIN, DIGIT, LETTER = 20, 7.5, 10
"""Around the drawing; width of a character of a number and of a name."""

SYMBOLS = {"-": "−", "*": "×", "/": "÷", "sigmoid": "σ", "sum": "Σ"}
"""How gates are drawn whose name in the code is another."""

COMMUTATIVE = ("+", "*", "max")


class NodeRow(NamedTuple):
    """A row of the table: a node's name, how it is computed, its value and its gradient."""

    name: str
    formula: str
    value: str
    gradient: str


def list_nodes(output: Value, output_name: str = "f") -> list[NodeRow]:
    """Return a row for each input and then for each gate; constants are left out.

    Gates get the names q1, q2 ... and the output its own, unless they have a name.

    Examples
    --------
    >>> x, y, z = Value(-2, name="x"), Value(5, name="y"), Value(-4, name="z")
    >>> f = (x + y) * z
    >>> f.backward()
    >>> for row in list_nodes(f): print(*row)
    x  -2.00 -4.00
    y  5.00 -4.00
    z  -4.00 3.00
    q1 x + y 3.00 -4.00
    f q1 * z -12.00 1.00
    """
    nodes = topological_order(output)
    names = _name_nodes(nodes, output_name)
    rows = [
        NodeRow(names[node], _formula(node, names), _format(node.data), _format(node.gradient))
        for node in nodes
        if not _is_constant(node)
    ]
    return sorted(rows, key=lambda row: row.formula != "")


def node_table(output: Value, output_name: str = "f") -> str:
    """Return the rows of `list_nodes` as aligned text.

    Examples
    --------
    >>> x = Value(3, name="x")
    >>> f = 1 / (x + 1)
    >>> f.backward()
    >>> print(node_table(f))
    node           value  gradient
    x               3.00     -0.06
    q1 = x + 1      4.00     -0.06
    f  = 1 / q1     0.25      1.00
    """
    rows = list_nodes(output, output_name)
    longest = max(len(row.name) for row in rows)
    nodes = [f"{row.name:<{longest}} = {row.formula}" if row.formula else row.name for row in rows]
    width = max(map(len, ["node", *nodes]))
    lines = [f"{'node':<{width}}  {'value':>8}  {'gradient':>8}"]
    for node, row in zip(nodes, rows, strict=True):
        lines.append(f"{node:<{width}}  {row.value:>8}  {row.gradient:>8}")
    return "\n".join(lines)


def draw_circuit(output: Value, output_name: str = "f") -> str:
    """Draw the graph that leads to `output` as SVG.

    A number that a gate combines with something else is written into the gate's circle, such as
    +1 or 1/x, and arrays are shown by their shape.

    Parameters
    ----------
    output
        The last node of a graph, after `backward`.
    output_name
        What is written at the end of its wire, unless it has a name.

    Returns
    -------
    str
        One ``<svg>`` element that needs nothing else, as a file or inside a page.
    """
    return _Circuit(output, output_name).draw()


def _is_constant(node: Value) -> bool:
    return not node.inputs and not node.name and node.data.size == 1


def _name_nodes(nodes: Sequence[Value], output_name: str) -> dict[Value, str]:
    """Return a name for each node; a constant's is its number."""
    taken = {node.name for node in nodes}
    free = (name for name in (f"q{i}" for i in count(1)) if name not in taken)
    names = {}
    for node in nodes:
        if _is_constant(node):
            names[node] = f"{node.data.item():g}"
        elif node is nodes[-1]:
            names[node] = node.name or output_name
        else:
            names[node] = node.name or next(free)
    return names


def _formula(node: Value, names: dict[Value, str]) -> str:
    """Return how a gate's value is computed, such as ``q1 * z``; nothing for an input."""
    gate, arguments = node.gate, [names[source] for source in node.inputs]
    if gate.isalpha():
        return f"{gate}({', '.join(arguments)})"
    if gate.startswith("**"):
        return f"{arguments[0]} ** {gate[2:]}"
    return f" {gate} ".join(arguments) if len(arguments) == 2 else gate + "".join(arguments)


def _format(array: Array) -> str:
    """Return a number with two decimals where they tell it, and an array as its shape."""
    if array.size != 1:
        return "×".join(map(str, array.shape))
    number = array.item()
    if number == 0 or 0.005 <= abs(number) < 1e5 or not math.isfinite(number):
        return f"{number + 0.0:.2f}"  # -0.0 + 0.0 is 0.0
    return f"{number:.1e}"


def _wired_inputs(node: Value) -> tuple[Value, ...]:
    """Return the inputs that a gate has wires from: its constants are written into its circle."""
    variables = tuple(source for source in node.inputs if not _is_constant(source))
    return variables or node.inputs


def _symbol(node: Value) -> str:
    """Return what is written into a gate's circle, as SVG text."""
    gate = SYMBOLS.get(node.gate, node.gate)
    if gate.startswith("**"):
        return f'x<tspan dy="-6" font-size="11">{_minus(gate[2:])}</tspan>'
    if node.gate == "-" and len(node.inputs) == 1:
        return "×−1"  # as in the lecture
    constants = [_minus(f"{source.data:g}") for source in node.inputs if _is_constant(source)]
    if len(constants) != 1 or len(node.inputs) == 1:
        return escape(gate)
    if node.gate == "max":
        return f"max {constants[0]}"
    if node.gate in "-/" and _is_constant(node.inputs[0]):
        return f"{constants[0]}{'/' if node.gate == '/' else gate}x"
    return f"{gate}{constants[0]}"


def _minus(number: str) -> str:
    return number.replace("-", "−")


class _Circuit:
    """A graph, and the place of each of its nodes on the paper."""

    def __init__(self, output: Value, output_name: str) -> None:
        nodes = topological_order(output)
        wired = {node: _wired_inputs(node) for node in nodes}
        used = {source for sources in wired.values() for source in sources} | {output}
        self.output = output
        self.names = _name_nodes(nodes, output_name)
        self.sources = {node: sources for node, sources in wired.items() if node in used}
        self.layers = assign_layers(self.sources)
        self.heights = place(self.sources)
        numbers = [_format(a) for node in self.sources for a in (node.data, node.gradient)]
        self.lead = DIGIT * max(map(len, numbers)) + 8
        longest = max(len(self.names[node]) for node in self.sources if not node.inputs)
        self.left = MARGIN + LETTER * longest - RADIUS

    def draw(self) -> str:
        """Return the drawing as SVG."""
        width = self.x(self.layers[self.output]) + RADIUS + self.lead
        width += 8 + LETTER * len(self.names[self.output]) + MARGIN
        height = 2 * MARGIN + ROW * (1 + max(self.heights.values())) + 20
        wires = [
            f'<path d="{self.wire(source, node, port)}"/>'
            for node in self.sources
            for port, source in self.ports(node)
        ]
        title = escape(f"Computational graph of {self.names[self.output]}")
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
                f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
                'font-family="Helvetica, Arial, sans-serif" text-anchor="middle">',
                f"<title>{title}</title>",
                '<rect width="100%" height="100%" fill="#ffffff"/>',
                f'<g fill="none" stroke="{INK}" stroke-width="1.3">',
                *wires,
                "</g>",
                *map(self.node, self.sources),
                f'<text x="{MARGIN}" y="{height - MARGIN:.0f}" font-size="12" text-anchor="start">'
                f'<tspan fill="{VALUE_COLOUR}">value →</tspan> &#160; '
                f'<tspan fill="{GRADIENT_COLOUR}">← gradient</tspan></text>',
                "</svg>",
            ]
        )

    def x(self, layer: int) -> float:
        """Return the middle of a layer."""
        return self.left + layer * (2 * RADIUS + self.lead + STRIP)

    def y(self, node: Value, layer: int) -> float:
        """Return the height of a node, or of its wire in a later layer."""
        return MARGIN + ROW * (self.heights[node, layer] + 0.5)

    def ports(self, node: Value) -> Iterator[tuple[float, Value]]:
        """Yield the wires that enter a gate: the height of the port from its middle, the source.

        Where the order of the inputs matters the first is at the top.
        """
        sources = list(self.sources[node])
        if node.gate in COMMUTATIVE:
            sources.sort(key=lambda source: self.y(source, self.layers[node] - 1))
        for i, source in enumerate(sources):
            yield RADIUS * (i - (len(sources) - 1) / 2), source

    def wire(self, source: Value, node: Value, port: float) -> str:
        """Return the path of a wire: level through each layer, and a curve in each strip."""
        first, last = self.layers[source], self.layers[node]
        y = self.y(source, first)
        path = f"M{self.x(first) + RADIUS:.1f},{y:.1f}h{self.lead:.1f}"
        for layer in range(first + 1, last):
            path += self.curve(layer, y, y := self.y(source, layer), -RADIUS)
            path += f"h{2 * RADIUS + self.lead:.1f}"
        edge = -math.sqrt(RADIUS**2 - port**2)
        return path + self.curve(last, y, self.y(node, last) + port, edge)

    def curve(self, layer: int, y0: float, y1: float, end: float) -> str:
        """Return a curve through the strip before a layer, level at both ends."""
        x0 = self.x(layer) - RADIUS - STRIP
        x1 = self.x(layer) + end
        middle = (x0 + x1) / 2
        return f"C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"

    def node(self, node: Value) -> str:
        """Draw an input's name or a gate, and the numbers on the wire that leaves it."""
        layer = self.layers[node]
        x, y = self.x(layer), self.y(node, layer)
        formula = _formula(node, self.names) if node.inputs else ""
        parts = [f"<title>{escape(' = '.join(filter(None, (self.names[node], formula))))}</title>"]
        if node.inputs:
            parts.append(_gate(x, y, _symbol(node)))
        else:
            parts.append(_name(x + RADIUS - 6, y, self.names[node], "end"))
        middle = x + RADIUS + self.lead / 2
        parts.append(_text(middle, y - 6, _minus(_format(node.data)), VALUE_COLOUR))
        parts.append(_text(middle, y + 17, _minus(_format(node.gradient)), GRADIENT_COLOUR))
        if node is self.output:
            parts.append(_name(x + RADIUS + self.lead + 6, y, self.names[node], "start"))
        return f"<g>{''.join(parts)}</g>"


def _gate(x: float, y: float, symbol: str) -> str:
    n_letters = len(re.sub("<.*?>", "", symbol))
    size = 20 if n_letters == 1 else 15 if n_letters <= 4 else 11
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="#f4f6f8" stroke="{INK}"/>'
    return circle + _text(x, y + 0.35 * size, symbol, INK, size)


def _text(x: float, y: float, content: str, colour: str, size: int = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}">{content}</text>'


def _name(x: float, y: float, name: str, anchor: str) -> str:
    """Draw a name in italics, its last digits as a subscript."""
    letters, digits = re.fullmatch(r"(.*?)(\d*)", name).groups()
    subscript = f'<tspan dy="4" font-size="12" font-style="normal">{digits}</tspan>'
    return (
        f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}" font-size="19" '
        f'font-family="Georgia, serif" font-style="italic" fill="{INK}">'
        f"{escape(letters)}{subscript if digits else ''}</text>"
    )
