"""DARTS cells in plain Python: every numbering, every change, and graphs for networkx."""

from __future__ import annotations

from itertools import permutations
from typing import TypeAlias

import networkx as nx
from hypothesis import strategies as st

Cell: TypeAlias = tuple[tuple[int, int], ...]
"""Eight (input, operation), two to a node."""


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    """Any cell, in any order of the inputs of a node."""
    edges: list[tuple[int, int]] = []
    for node in range(4):
        inputs = draw(st.permutations(range(node + 2)))[:2]
        edges += [(source, draw(st.integers(0, 6))) for source in inputs]
    return tuple(edges)


def is_cell(cell: Cell) -> bool:
    """Whether every node has two different inputs that come before it."""
    pairs = [(cell[2 * node][0], cell[2 * node + 1][0]) for node in range(4)]
    return all(len({*pair}) == 2 and max(pair) < node + 2 for node, pair in enumerate(pairs))


def renumberings(cell: Cell) -> list[Cell]:
    """The cell with its nodes in every order in which none comes before what it reads."""
    found = []
    for order in permutations(range(4)):
        place = {2 + node: 2 + order.index(node) for node in range(4)} | {0: 0, 1: 1}
        moved = tuple(
            (place[source], operation)
            for node in order
            for source, operation in sorted(
                cell[2 * node : 2 * node + 2], key=lambda edge: place[edge[0]]
            )
        )
        if is_cell(moved):
            found.append(moved)
    return found


def changes(cell: Cell) -> list[Cell]:
    """The 48 changes of an operation and the 12 of an input."""
    found = []
    for edge, (source, operation) in enumerate(cell):
        edited = [(source, other) for other in range(7) if other != operation]
        edited += [(other, operation) for other in range(edge // 2 + 2) if other != source]
        found += [(*cell[:edge], new, *cell[edge + 1 :]) for new in edited]
    return [changed for changed in found if is_cell(changed)]


def as_graph(cell: Cell) -> nx.DiGraph:
    """Operations as vertices; what networkx calls isomorphic computes the same."""
    graph = nx.DiGraph()
    for source in range(6):
        graph.add_node(source, label=f"input {source}" if source < 2 else "sum")
    for edge, (source, operation) in enumerate(cell):
        graph.add_node(("edge", edge), label=operation)
        graph.add_edge(source, ("edge", edge))
        graph.add_edge(("edge", edge), 2 + edge // 2)
    return graph


def isomorphic(one: Cell, other: Cell) -> bool:
    """Whether two cells are one graph."""
    return nx.is_isomorphic(
        as_graph(one), as_graph(other), node_match=lambda a, b: a["label"] == b["label"]
    )
