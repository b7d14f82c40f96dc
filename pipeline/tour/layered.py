"""Layered layout of an acyclic graph, with short wires and few crossings.

References
----------
Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system structures",
IEEE Transactions on Systems, Man and Cybernetics 11, 1981.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import TypeVar

import numpy as np
from scipy.optimize import isotonic_regression

Node = TypeVar("Node", bound=Hashable)

Point = tuple[Node, int]
"""A node and a layer: the node's own, or one that a wire from it passes on its way."""

Wire = tuple[Point[Node], Point[Node]]
"""From a point to one in the next layer."""

N_SWEEPS = 12
"""There and back over all layers; drawings of a few dozen nodes settle earlier."""


def assign_layers(sources: Mapping[Node, Sequence[Node]]) -> dict[Node, int]:
    """Return each node's layer: 0 without sources, else one after the last of its sources.

    >>> assign_layers({"x": [], "y": [], "x + y": ["x", "y"], "f": ["x + y", "x"]})
    {'x': 0, 'y': 0, 'x + y': 1, 'f': 2}
    """
    layers: dict[Node, int] = {}
    for node, before in sources.items():
        layers[node] = 1 + max((layers[source] for source in before), default=-1)
    return layers


def place(sources: Mapping[Node, Sequence[Node]]) -> dict[Point[Node], float]:
    """Return the height at which each node, and each wire that passes a layer, is drawn.

    1. Assign layers, and split a wire that spans several into pieces from layer to layer. The
       wires that leave a node share the points at which they pass.
    2. Sweep over the layers, back and forth: sort each by the mean height of the points that it is
       wired to in the layer before, and move its points as close to that as they can be while 1
       apart.
    3. Of the states after each sweep keep the one with the fewest crossings; of equals, the one
       with the shortest wires.

    Parameters
    ----------
    sources
        For each node the nodes it has wires from, which come before it. In depth-first order a
        tree has no crossings from the start.

    Returns
    -------
    dict
        Height of each point, downwards from 0.
    """
    wires = _wires(sources)
    best = min(_sweeps(_columns(sources), wires), key=lambda heights: _cost(heights, wires))
    top = min(best.values())
    return {point: height - top for point, height in best.items()}


def _wires(sources: Mapping[Node, Sequence[Node]]) -> list[Wire[Node]]:
    """Return all pieces of wire, each once."""
    layers = assign_layers(sources)
    wires: dict[Wire[Node], None] = {}  # a set that keeps its order
    for node, before in sources.items():
        for source in before:
            way = [(source, layer) for layer in range(layers[source], layers[node])]
            wires |= dict.fromkeys(pairwise([*way, (node, layers[node])]))
    return list(wires)


def _columns(sources: Mapping[Node, Sequence[Node]]) -> list[list[Point[Node]]]:
    """Return the points of each layer, in the order of their nodes."""
    layers = assign_layers(sources)
    last = dict(layers)  # the last layer in which a node has a point
    for node, before in sources.items():
        for source in before:
            last[source] = max(last[source], layers[node] - 1)
    return [
        [(node, layer) for node in sources if layers[node] <= layer <= last[node]]
        for layer in range(max(layers.values()) + 1)
    ]


def _sweeps(
    columns: list[list[Point[Node]]], wires: Sequence[Wire[Node]]
) -> Iterator[dict[Point[Node], float]]:
    """Yield the heights after each sweep there and back."""
    heights = {point: float(i) for column in columns for i, point in enumerate(column)}
    before: dict[Point[Node], list[Point[Node]]] = {point: [] for point in heights}
    after: dict[Point[Node], list[Point[Node]]] = {point: [] for point in heights}
    for start, end in wires:
        after[start].append(end)
        before[end].append(start)
    for _ in range(N_SWEEPS):
        yield dict(_settle(columns, before, heights))
        _settle(columns[::-1], after, heights)


def _settle(
    columns: Sequence[list[Point[Node]]],
    wired: Mapping[Point[Node], Sequence[Point[Node]]],
    heights: dict[Point[Node], float],
) -> dict[Point[Node], float]:
    """Move the points of each layer to the mean of their neighbours, or near it, 1 apart."""
    for column in columns:
        wanted = {point: np.mean([heights[p] for p in wired[point] or [point]]) for point in column}
        column.sort(key=wanted.__getitem__)
        # h_i - i must not fall: the closest such sequence is an isotonic regression.
        offsets = isotonic_regression([wanted[point] - i for i, point in enumerate(column)]).x
        heights.update({point: offsets[i] + i for i, point in enumerate(column)})
    return heights


def _cost(heights: Mapping[Point[Node], float], wires: Sequence[Wire[Node]]) -> tuple[int, float]:
    """Return the number of crossings, and the sum of the squared climbs of the wires."""
    crossings = sum(
        a[1] == c[1] and (heights[a] - heights[c]) * (heights[b] - heights[d]) < 0
        for (a, b), (c, d) in combinations(wires, 2)
    )
    return crossings, sum((heights[a] - heights[b]) ** 2 for a, b in wires)
