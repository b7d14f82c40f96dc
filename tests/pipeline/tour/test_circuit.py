"""The drawn circuit: what is written where, and a layout without overlaps or needless crossings."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcraft.classifiers.backprop.expression import parse
from handcraft.classifiers.backprop.graph import Value, relu
from handcraft.pipeline.tour.circuit import RADIUS, draw_circuit
from handcraft.pipeline.tour.layered import assign_layers, place
from handcraft.pipeline.tour.node_table import list_nodes, node_table

SVG = "{http://www.w3.org/2000/svg}"
NEURON = ("1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3})


def draw(expression, values):
    output, _ = parse(expression, values)
    output.backward()
    return ElementTree.fromstring(draw_circuit(output))


def texts(element):
    return ["".join(text.itertext()) for text in element.iter(f"{SVG}text")]


def drawn_nodes(svg):
    """Return each node's group by its caption."""
    return {group.find(f"{SVG}title").text: group for group in svg.iter(f"{SVG}g")}


def position(element):
    x, y = ("cx", "cy") if element.tag.endswith("circle") else ("x", "y")
    return float(element.get(x)), float(element.get(y))


def test_the_neuron_of_cs231n_shows_its_numbers():
    nodes = drawn_nodes(draw(*NEURON))
    assert {caption: texts(group) for caption, group in nodes.items()} == {
        "w0": ["w0", "2.00", "−0.20"],
        "x0": ["x0", "−1.00", "0.39"],
        "w1": ["w1", "−3.00", "−0.39"],
        "x1": ["x1", "−2.00", "−0.59"],
        "w2": ["w2", "−3.00", "0.20"],
        "q1 = w0 * x0": ["×", "−2.00", "0.20"],
        "q2 = w1 * x1": ["×", "6.00", "0.20"],
        "q3 = q1 + q2": ["+", "4.00", "0.20"],
        "q4 = q3 + w2": ["+", "1.00", "0.20"],
        "q5 = -q4": ["×−1", "−1.00", "−0.20"],
        "q6 = exp(q5)": ["exp", "0.37", "−0.53"],
        "q7 = 1 + q6": ["+1", "1.37", "−0.53"],
        "f = 1 / q7": ["1/x", "0.73", "1.00", "f"],
    }


def test_digits_are_those_that_are_asked_for():
    output, _ = parse(*NEURON)
    output.backward()
    assert "w0              2.0000   -0.1966" in node_table(output, digits=4)
    gates = drawn_nodes(ElementTree.fromstring(draw_circuit(output, digits=4)))
    assert texts(gates["w0"]) == ["w0", "2.0000", "−0.1966"]


def test_values_are_green_above_the_wire_and_gradients_red_below():
    for group in drawn_nodes(draw(*NEURON)).values():
        wire = re.match(r"M([\d.]+),([\d.]+)H([\d.]+)", group.find(f"{SVG}path").get("d"))
        start, level, end = map(float, wire.groups())
        value, gradient = group.findall(f"{SVG}text")[1:3]
        assert value.get("fill") == "#1f7a5a"
        assert gradient.get("fill") == "#b3402e"
        (x1, y1), (x2, y2) = position(value), position(gradient)
        assert y1 < level < y2
        assert start < x1 == x2 < end


def test_inputs_are_left_of_all_gates_and_gates_right_of_their_inputs():
    nodes = drawn_nodes(draw(*NEURON))
    x = {caption.split(" = ")[0]: position(group[1])[0] for caption, group in nodes.items()}
    inputs, gates = ["w0", "x0", "w1", "x1", "w2"], ["q1", "q3", "q4", "q5", "q6", "q7", "f"]
    assert max(x[name] for name in inputs) < x["q1"] == x["q2"]
    assert [x[name] for name in gates] == sorted(x[name] for name in gates)


def test_every_wire_starts_where_a_nodes_ends_and_ends_on_a_circle():
    svg = draw("(x + sigmoid(y)) / (sigmoid(x) + (x + y) ** 2) - x * x", {"x": 3, "y": -4})
    circles = np.array([position(circle) for circle in svg.iter(f"{SVG}circle")])
    leads = [path.get("d") for group in svg.iter(f"{SVG}g") for path in group.iter(f"{SVG}path")]
    starts = {(lead.split("H")[1], re.split("[,H]", lead)[1]) for lead in leads}
    wires = svg.find(f"{SVG}path").get("d").split(" M")
    assert len(wires) == 1 + 2 + 1 + 2 + 1 + 2 + 2 + 2 + 2  # the inputs of each gate
    for wire in wires:
        x, y = re.match(r"M?([\d.]+),([\d.]+)", wire).groups()
        assert (x, y) in starts
        end_x, end_y, level = re.search(r"([\d.]+),([\d.]+)h([\d.]+)$", wire).groups()
        distances = np.hypot(*(circles - [float(end_x) + float(level), float(end_y)]).T)
        assert min(abs(distances - RADIUS)) < 0.3


@pytest.mark.parametrize(
    ("expression", "symbol"),
    [
        ("x + 1", "+1"),
        ("1 + x", "+1"),
        ("x - 1", "−1"),
        ("1 - x", "1−x"),
        ("2 * x", "×2"),
        ("-2 * x", "×−2"),
        ("x / 2", "÷2"),
        ("1 / x", "1/x"),
        ("max(0, x)", "max 0"),
        ("x ** 2", "x2"),  # the 2 is raised
        ("-x", "×−1"),
        ("sigmoid(x)", "σ"),
        ("relu(x)", "relu"),
        ("x - x", "−"),
        ("x / x", "÷"),
        ("max(x, x)", "max"),
    ],
)
def test_numbers_are_written_into_the_gate(expression, symbol):
    svg = draw(expression, {"x": 3})
    assert [texts(group)[0] for group in drawn_nodes(svg).values()] == ["x", symbol]


def test_numbers_alone_are_drawn_as_inputs():
    svg = draw("2 + 3", {})
    assert [texts(group)[0] for group in drawn_nodes(svg).values()] == ["2", "3", "+"]


def test_a_single_input_is_a_circuit_too():
    assert texts(draw("x", {"x": 3}))[:3] == ["x", "3.00", "1.00"]


def test_arrays_are_shown_by_their_shape_and_names_are_escaped():
    W = Value(np.ones((3, 2)), name="<W>")
    loss = relu(W @ np.ones((2, 4))).sum()
    loss.backward()
    nodes = drawn_nodes(ElementTree.fromstring(draw_circuit(loss, "loss")))
    assert texts(nodes["<W>"]) == ["<W>", "3×2", "3×2"]
    assert texts(nodes["loss = sum(q3)"]) == ["Σ", "24.00", "1.00", "loss"]


def test_the_same_graph_gives_the_same_bytes():
    drawings = set()
    for _ in range(3):
        output, _ = parse(*NEURON)
        output.backward()
        drawings.add(draw_circuit(output))
    assert len(drawings) == 1


trees = st.recursive(st.just("x"), lambda inner: st.lists(inner, min_size=1, max_size=3))


def graph_of(tree, sources):
    """Add a tree to `sources`, depth first, and return the number of its root."""
    before = [] if tree == "x" else [graph_of(branch, sources) for branch in tree]
    sources[len(sources)] = before
    return len(sources) - 1


def wires_with_bends(sources, layers):
    for node, before in sources.items():
        for source in before:
            yield from (
                ((source, i), (source, i + 1) if i + 1 < layers[node] else (node, i + 1))
                for i in range(layers[source], layers[node])
            )


def crossings(sources, heights):
    wires = sorted(set(wires_with_bends(sources, assign_layers(sources))))
    return sum(
        a[1] == c[1] and (heights[a] - heights[c]) * (heights[b] - heights[d]) < 0
        for i, (a, b) in enumerate(wires)
        for c, d in wires[:i]
    )


@given(trees)
def test_a_tree_is_drawn_without_crossings(tree):
    sources = {}
    graph_of(tree, sources)
    assert crossings(sources, place(sources)) == 0


@given(st.data())
def test_points_of_a_layer_are_apart_and_all_have_a_place(data):
    n = data.draw(st.integers(1, 12))
    sources = {
        i: data.draw(st.lists(st.integers(0, i - 1), max_size=3, unique=True)) if i else []
        for i in range(n)
    }
    layers, heights = assign_layers(sources), place(sources)
    assert all(layers[source] < layers[node] for node in sources for source in sources[node])
    for wire in wires_with_bends(sources, layers):
        assert set(wire) <= set(heights)
    for layer in range(max(layers.values()) + 1):
        column = sorted(h for (_, of_layer), h in heights.items() if of_layer == layer)
        assert (np.diff(column) > 1 - 1e-9).all()
    assert min(heights.values()) == 0


def test_an_order_that_can_be_untangled_is():
    # Two pairs whose wires cross if the gates stay in the order in which they are listed.
    sources = {"a": [], "b": [], "p": ["b"], "q": ["a"]}
    assert crossings(sources, place(sources)) == 0


def test_a_chain_is_a_straight_line():
    sources = {0: [], 1: [], 2: [0, 1], 3: [2], 4: [3], 5: [4]}
    heights = place(sources)
    assert {heights[i, i - 1] for i in (2, 3, 4, 5)} == {0.5}


def test_given_names_are_kept_and_made_up_ones_avoid_them():
    q1, f = Value(2, name="q1"), Value(3, name="f")
    total = q1 * f
    total.name = "total"
    output = (total + 1) ** 2
    output.backward()
    assert [(row.name, row.formula) for row in list_nodes(output)] == [
        ("q1", ""),
        ("f", ""),
        ("total", "q1 * f"),
        ("q2", "total + 1"),
        ("q3", "q2 ** 2"),
    ]


def test_small_and_large_numbers_keep_their_digits_and_zero_has_no_sign():
    output, _ = parse("x * y * z", {"x": 1e-4, "y": 123456, "z": -0.0})
    output.backward()
    lines = [line.split() for line in node_table(output).splitlines()]
    assert lines[0] == ["node", "value", "gradient"]
    assert lines[1:4] == [
        ["x", "1.0e-04", "0.00"],
        ["y", "1.2e+05", "0.00"],
        ["z", "0.00", "12.35"],
    ]
