"""Where the vertices of a cell stand when it is drawn: layers from the input to the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from naslib_incremental.search_spaces_ext import CellDrawing

BEND = 0.4
"""The width kept free for an edge that passes a layer; a vertex takes 1."""
SWEEPS = 12

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Places of a cell's vertices and edges; x in widths of a vertex, y in layers downwards.

    Attributes:
        vertices: the place of each vertex.
        edges: for each edge the places it passes, from its source to its target.
    """

    vertices: tuple[Point, ...]
    edges: tuple[tuple[Point, ...], ...]

    @property
    def layers(self) -> int:
        """The number of layers."""
        return 1 + max(int(y) for _, y in self.vertices)


def lay_out(cell: CellDrawing) -> Layout:
    """Put each vertex in the layer of its longest path from a source, and edges between vertices.

    An edge that passes layers gets a bend in each, which keeps its place free of vertices.
    """
    depth = _depths(cell)
    chains = []
    layer_of = list(depth)
    for source, target in cell.edges:
        passed = range(depth[source] + 1, depth[target])
        chains.append([source, *range(len(layer_of), len(layer_of) + len(passed)), target])
        layer_of += passed
    links = [pair for chain in chains for pair in pairwise(chain)]
    widths = [1.0] * len(cell.labels) + [BEND] * (len(layer_of) - len(cell.labels))
    x = _spread(layer_of, widths, links)
    places = [(x[node], float(layer)) for node, layer in enumerate(layer_of)]
    edges = tuple(tuple(places[node] for node in chain) for chain in chains)
    return Layout(tuple(places[: len(cell.labels)]), edges)


def _depths(cell: CellDrawing) -> list[int]:
    """The longest path to each vertex; vertices are in topological order."""
    depth = [0] * len(cell.labels)
    for source, target in sorted(cell.edges):
        depth[target] = max(depth[target], depth[source] + 1)
    return depth


def _spread(
    layer_of: Sequence[int], widths: Sequence[float], links: Sequence[tuple[int, int]]
) -> list[float]:
    """The x of every node: near its neighbours in other layers, without overlap in its own."""
    joined: list[list[int]] = [[] for _ in layer_of]
    for source, target in links:
        joined[source].append(target)
        joined[target].append(source)
    layers = [
        [node for node, layer in enumerate(layer_of) if layer == number]
        for number in range(max(layer_of) + 1)
    ]
    x = [0.0] * len(layer_of)
    for layer in layers:
        _place(layer, [float(i) for i in range(len(layer))], widths, x)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wanted = [
                float(np.mean([x[other] for other in joined[node]])) if joined[node] else x[node]
                for node in layer
            ]
            _place(layer, wanted, widths, x)
    return x


def _place(
    layer: Sequence[int], wanted: Sequence[float], widths: Sequence[float], x: list[float]
) -> None:
    """Set x of a layer's nodes in the order of the wanted places, as near to them as widths let."""
    order = sorted(range(len(layer)), key=lambda i: (wanted[i], x[layer[i]], i))
    right = -np.inf
    for i in order:
        x[layer[i]] = max(wanted[i], right + widths[layer[i]] / 2)
        right = x[layer[i]] + widths[layer[i]] / 2
    shift = float(np.mean([x[layer[i]] - wanted[i] for i in order]))
    for node in layer:
        x[node] -= shift
