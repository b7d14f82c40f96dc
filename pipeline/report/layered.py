"""Where to draw the nodes of an acyclic graph: layer by layer, with short wires that rarely cross.

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

N_SWEEPS = 24
"""Passes over all layers; drawings of a few dozen nodes settle earlier."""


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
    2. Sweep over the layers: sort each by the mean height of the points it is wired to, and move
       its points as close to that as they can be while 1 apart.
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
    wires = _wires_between_layers(sources)
    points = dict.fromkeys([(node, layer) for node, layer in assign_layers(sources).items()])
    points |= dict.fromkeys(start for start, _ in wires)
    best = min(_sweeps(list(sources), list(points), wires), key=lambda h: _cost(h, wires))
    top = min(best.values())
    return {point: height - top for point, height in best.items()}


def _wires_between_layers(
    sources: Mapping[Node, Sequence[Node]],
) -> list[tuple[Point[Node], Point[Node]]]:
    layers = assign_layers(sources)
    wires: dict[tuple[Point[Node], Point[Node]], None] = {}  # a set that keeps its order
    for node, before in sources.items():
        for source in before:
            way = [(source, layer) for layer in range(layers[source], layers[node])]
            wires |= dict.fromkeys(pairwise([*way, (node, layers[node])]))
    return list(wires)


def _sweeps(
    nodes: Sequence[Node],
    points: Sequence[Point[Node]],
    wires: Sequence[tuple[Point[Node], Point[Node]]],
) -> Iterator[dict[Point[Node], float]]:
    """Yield the heights after each sweep."""
    wired: dict[Point[Node], list[Point[Node]]] = {point: [] for point in points}
    for start, end in wires:
        wired[start].append(end)
        wired[end].append(start)
    rank = {node: i for i, node in enumerate(nodes)}
    columns: dict[int, list[Point[Node]]] = {}
    for point in sorted(points, key=lambda point: (point[1], rank[point[0]])):
        columns.setdefault(point[1], []).append(point)
    heights = {point: float(i) for column in columns.values() for i, point in enumerate(column)}
    for sweep in range(N_SWEEPS):
        for column in list(columns.values())[:: 1 if sweep % 2 else -1]:
            wanted = {p: np.mean([heights[q] for q in wired[p] or [p]]) for p in column}
            column.sort(key=lambda point: wanted[point])
            steps = np.arange(len(column))
            spaced = isotonic_regression([wanted[p] - i for i, p in enumerate(column)]).x + steps
            heights.update(zip(column, map(float, spaced), strict=True))
        yield dict(heights)


def _cost(
    heights: Mapping[Point[Node], float], wires: Sequence[tuple[Point[Node], Point[Node]]]
) -> tuple[int, float]:
    """Return the number of crossings, and the sum of the wires' squared climbs."""
    crossings = sum(
        a[1] == c[1] and (heights[a] - heights[c]) * (heights[b] - heights[d]) < 0
        for (a, b), (c, d) in combinations(wires, 2)
    )
    return crossings, sum((heights[a] - heights[b]) ** 2 for a, b in wires)
