"""A computational graph drawn as CS231n does it: inputs, gates, values and gradients.

Inputs are on the left and wires run to the right. On the wire that leaves a node its value is
written above, in green, and its gradient below, in red.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from xml.sax.saxutils import escape

from handcraft.classifiers.backprop.graph import Array, Value, topological_order
from handcraft.pipeline.tour.layered import assign_layers, place
from handcraft.pipeline.tour.node_table import DIGITS, formula, is_constant, name_nodes, show

VALUE_COLOUR, GRADIENT_COLOUR = "#1f7a5a", "#b3402e"
INK, PAPER, GATE = "#2b2f36", "#ffffff", "#f4f6f8"

# Lengths are in pixels.
RADIUS = 22
"""Of a gate's circle."""

STRIP = 56
"""Between two layers: where the wires climb and fall."""

ROW = 62
"""Between the middles of neighbours in a layer, at least."""

MARGIN, DIGIT, LETTER = 24, 7.5, 10
"""Around the drawing; the widths of a digit and of a letter of a name."""

LEGEND = 180
"""Width of a drawing, at least: the line at its foot."""

SYMBOLS = {"-": "−", "*": "×", "/": "÷", "sigmoid": "σ", "sum": "Σ", "sqrt": "√"}
"""How gates are drawn whose names in the code are others."""

COMMUTATIVE = ("+", "*", "max", "min")


def draw_circuit(output: Value, output_name: str = "f", digits: int = DIGITS) -> str:
    """Draw the graph that leads to `output` as SVG.

    A number that a gate combines with a variable is written into its circle, such as +1 or 1/x;
    arrays of several elements are shown by their shape.

    Parameters
    ----------
    output
        The last node of a graph, after `backward`.
    output_name
        What to call the output if it has no name.
    digits
        Decimals of values and gradients.

    Returns
    -------
    str
        An ``<svg>`` element that needs nothing else, for a file or for a page.
    """
    return _Circuit(output, output_name, digits).draw()


class _Circuit:
    """A graph, and where each of its nodes is drawn."""

    def __init__(self, output: Value, output_name: str, digits: int) -> None:
        nodes = topological_order(output)
        sources = {node: _variables(node) for node in nodes}
        drawn = {output}.union(*sources.values())
        self.output = output
        self.names = name_nodes(nodes, output_name)
        self.sources = {node: sources[node] for node in nodes if node in drawn}
        self.layers = assign_layers(self.sources)
        self.heights = place(self.sources)
        self.digits = digits
        numbers = [self.show(a) for node in self.sources for a in (node.data, node.gradient)]
        self.lead = DIGIT * max(map(len, numbers)) + 8  # the level piece of wire after a node
        longest = max(len(self.names[node]) for node in self.sources if not node.inputs)
        self.left = MARGIN + LETTER * longest - RADIUS

    def draw(self) -> str:
        """Return the drawing as SVG."""
        end = self.x(self.layers[self.output]) + RADIUS + self.lead
        width = max(end + LETTER * (1 + len(self.names[self.output])) + MARGIN, LEGEND)
        height = 2 * MARGIN + ROW * (1 + max(self.heights.values()))
        wires = [self.wire(*wire) for node in self.sources for wire in self.wires_into(node)]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" '
                f'height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
                f'font-family="Helvetica, Arial, sans-serif" text-anchor="middle" fill="{INK}">',
                f"<title>The computation of {escape(self.names[self.output])}</title>",
                f'<rect width="100%" height="100%" fill="{PAPER}"/>',
                f'<path fill="none" stroke="{INK}" stroke-width="1.3" d="{" ".join(wires)}"/>',
                *map(self.node, self.sources),
                f'<text x="{MARGIN}" y="{height - 16:.0f}" font-size="12" text-anchor="start">'
                f'<tspan fill="{VALUE_COLOUR}">value →</tspan>&#160;&#160; '
                f'<tspan fill="{GRADIENT_COLOUR}">← gradient</tspan></text>',
                "</svg>",
                "",
            ]
        )

    def show(self, array: Array) -> str:
        """Return a number as it stands on its wire."""
        return _minus(show(array, self.digits))

    def x(self, layer: int) -> float:
        """Return the middle of a layer's gates."""
        return self.left + layer * (2 * RADIUS + self.lead + STRIP)

    def y(self, node: Value, layer: int) -> float:
        """Return the height of a node, or of its wire where it passes a later layer."""
        return MARGIN + ROW * (self.heights[node, layer] + 0.35)

    def wires_into(self, node: Value) -> Iterator[tuple[Value, Value, float]]:
        """Yield a source, the gate, and how far from its middle the wire enters.

        Where the order of the inputs matters the first is at the top.
        """
        sources = list(self.sources[node])
        if node.gate in COMMUTATIVE:
            sources.sort(key=lambda source: self.y(source, self.layers[node] - 1))
        for i, source in enumerate(sources):
            yield source, node, RADIUS * (i - (len(sources) - 1) / 2)

    def wire(self, source: Value, node: Value, port: float) -> str:
        """Return the path of a wire: level in the layers that it passes, curved in between."""
        first, last = self.layers[source], self.layers[node]
        y = self.y(source, first)
        path = f"M{self.x(first) + RADIUS + self.lead:.1f},{y:.1f}"
        for layer in range(first + 1, last):
            path += _curve(self.x(layer) - RADIUS, y, y := self.y(source, layer))
            path += f"h{2 * RADIUS + self.lead:.1f}"
        path += _curve(self.x(last) - RADIUS, y, self.y(node, last) + port)
        return f"{path}h{RADIUS - math.sqrt(RADIUS**2 - port**2):.1f}"

    def node(self, node: Value) -> str:
        """Draw an input's name or a gate, and the numbers on the wire that leaves it."""
        layer, name = self.layers[node], self.names[node]
        x, y = self.x(layer), self.y(node, layer)
        right, middle = x + RADIUS + self.lead, x + RADIUS + self.lead / 2
        caption = " = ".join(filter(None, [name, formula(node, self.names)]))
        parts = [
            f"<title>{escape(caption)}</title>",
            _gate(x, y, _symbol(node)) if node.inputs else _name(x + RADIUS - 6, y, name, "end"),
            f'<path stroke="{INK}" stroke-width="1.3" d="M{x + RADIUS:.1f},{y:.1f}H{right:.1f}"/>',
            _text(middle, y - 6, self.show(node.data), VALUE_COLOUR),
            _text(middle, y + 17, self.show(node.gradient), GRADIENT_COLOUR),
            _name(right + 7, y, name, "start") if node is self.output and node.inputs else "",
        ]
        return f"<g>{''.join(parts)}</g>"


def _variables(node: Value) -> tuple[Value, ...]:
    """Return the inputs that a gate has wires from: not constants, unless it has no others."""
    return tuple(source for source in node.inputs if not is_constant(source)) or node.inputs


def _symbol(node: Value) -> str:
    """Return what is written into a gate's circle, as SVG text."""
    gate = SYMBOLS.get(node.gate, node.gate)
    if gate.startswith("**"):
        return f'x<tspan dy="-6" font-size="11">{_minus(gate[2:])}</tspan>'
    if gate == "−" and len(node.inputs) == 1:
        return "×−1"
    constants = [source for source in node.inputs if is_constant(source)]
    if len(constants) != 1 or len(node.inputs) == 1:
        return gate
    number = _minus(f"{constants[0].data:.3g}")
    if gate in ("max", "min"):
        return f"{gate} {number}"
    if gate in "−÷" and node.inputs[0] is constants[0]:
        return f"{number}{'/' if gate == '÷' else gate}x"
    return f"{gate}{number}"


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _curve(x: float, y0: float, y1: float) -> str:
    """Return a curve through the strip that ends at x, level at both ends."""
    middle = x - STRIP / 2
    return f"C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x:.1f},{y1:.1f}"


def _gate(x: float, y: float, symbol: str) -> str:
    n_letters = len(re.sub("<.*?>", "", symbol))
    size = 20 if n_letters == 1 else min(15, 64 / n_letters)
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{GATE}" stroke="{INK}"/>'
    return circle + _text(x, y + 0.35 * size, symbol, INK, size)


def _text(x: float, y: float, content: str, colour: str, size: float = 13) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:.0f}" fill="{colour}">{content}</text>'


def _name(x: float, y: float, name: str, anchor: str) -> str:
    """Draw a name in italics, the digits at its end as a subscript."""
    letters = name.rstrip("0123456789") or name
    digits = name[len(letters) :]
    subscript = f'<tspan dy="4" font-size="12" font-style="normal">{digits}</tspan>'
    return (
        f'<text x="{x:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}" font-size="19" '
        f'font-family="Georgia, serif" font-style="italic">'
        f"{escape(letters)}{subscript if digits else ''}</text>"
    )
