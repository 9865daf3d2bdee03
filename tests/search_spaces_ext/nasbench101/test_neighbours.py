"""NAS-Bench-101 against brute force: plain sets, networkx, and nothing of the code under test."""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise, permutations, product

import networkx as nx
import numpy as np
import pytest

from bench.plain_nasbench101 import (
    LABELS,
    Cell,
    brute_force_neighbours,
    is_cell,
    subsets,
    to_cell,
)
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space


def to_graph(cell: Cell) -> nx.DiGraph:
    edges, labels = cell
    graph = nx.DiGraph()
    graph.add_nodes_from(["in", "out"])
    for vertex, label in labels:
        graph.add_node(vertex, label=label)
    graph.add_edges_from(edges)
    graph.nodes["in"]["label"], graph.nodes["out"]["label"] = "in", "out"
    return graph


Form = tuple[tuple[int, ...], int]


@cache
def form(cell: Cell) -> Form:
    """The least writing of a cell over all orders of its inner vertices; isomorphic cells share it.

    Source: the definition of isomorphism; in a least writing the labels ascend.
    """
    edges, labels = cell
    ascending = tuple(sorted(label for _, label in labels))
    writings = []
    for order in permutations(labels):
        if tuple(label for _, label in order) == ascending:
            place = {"in": 0, "out": 7} | {vertex: at for at, (vertex, _) in enumerate(order, 1)}
            writings.append(sum(1 << 8 * place[source] + place[target] for source, target in edges))
    return ascending, min(writings)


def same(one: Cell, other: Cell) -> bool:
    graphs = map(to_graph, (one, other))
    return nx.is_isomorphic(*graphs, node_match=lambda a, b: a["label"] == b["label"])


@pytest.fixture(scope="module")
def space() -> NASBench101Space:
    return NASBench101Space()


def sizes(space: NASBench101Space) -> np.ndarray:
    return (space.graph.words >> np.uint64(31)).astype(np.int64)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_the_cells_are_those_of_brute_force(space: NASBench101Space, size: int) -> None:
    names = ["in", *range(1, size - 1), "out"]
    forward = list(combinations(names, 2))
    expected = {
        form(cell)
        for edges in subsets(forward)
        for labels in product(LABELS, repeat=size - 2)
        if is_cell(cell := (frozenset(edges), tuple(enumerate(labels, start=1))))
    }
    cells = [to_cell(word) for word in space.graph.words[sizes(space) == size].tolist()]
    assert all(map(is_cell, cells))
    got = set(map(form, cells))
    assert len(got) == len(cells), "two representatives of one class"
    assert got == expected


def test_forms_are_equal_exactly_for_isomorphic_cells(space: NASBench101Space) -> None:
    """Each cell of four vertices, and of five a few, beside some of its neighbours' neighbours."""
    rng = np.random.default_rng(0)
    five = rng.choice(np.flatnonzero(sizes(space) == 5), 40, replace=False)
    equal = 0
    for index in [*np.flatnonzero(sizes(space) == 4).tolist(), *five.tolist()]:
        cell = to_cell(int(space.graph.words[index]))
        around = sorted(filter(is_cell, set(brute_force_neighbours(cell))), key=form)
        for one, other in pairwise(around):
            assert (form(one) == form(other)) == same(one, other)
            equal += one != other and form(one) == form(other)
    assert equal > 100


def test_neighbours_of_up_to_five_vertices_are_those_of_brute_force(
    space: NASBench101Space,
) -> None:
    checked = np.flatnonzero(sizes(space) <= 5)
    assert len(checked) == 1 + 6 + 84 + 2441
    for index in checked.tolist():
        assert_neighbours_are_those_of_brute_force(space, index)


@pytest.mark.parametrize("size", [6, 7])
def test_neighbours_of_larger_cells_are_those_of_brute_force(
    space: NASBench101Space, size: int
) -> None:
    every = np.flatnonzero(sizes(space) == size)
    for index in np.random.default_rng(size).choice(every, 300, replace=False).tolist():
        assert_neighbours_are_those_of_brute_force(space, index)


def assert_neighbours_are_those_of_brute_force(space: NASBench101Space, index: int) -> None:
    graph = space.graph
    cell = to_cell(int(graph.words[index]))
    edited = filter(is_cell, set(brute_force_neighbours(cell)))
    targets = graph.targets[graph.offsets[index] : graph.offsets[index + 1]]
    got = {form(to_cell(word)) for word in graph.words[targets].tolist()}
    assert len(got) == len(targets), "a neighbour is presented twice"
    assert got == set(map(form, edited)) - {form(cell)}


CONV3, CONV1, POOL = "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"
PAIR = f"{CONV1},{CONV3}"


@pytest.mark.parametrize(
    ("cell", "without_pool"),
    [
        # The only generated edge, in -> out, is there already.
        (f"011/001/000|{POOL}", ["01/00|"]),
        # in -> b is there already, and enough.
        (f"0110/0010/0001/0000|{POOL},{CONV1}", [f"010/001/000|{CONV1}"]),
        # in -> b is not there, and b needs it.
        (f"0100/0010/0001/0000|{POOL},{CONV1}", [f"010/001/000|{CONV1}"]),
        # in -> b is there; in -> out may be added.
        (
            f"0110/0011/0001/0000|{POOL},{CONV1}",
            [f"010/001/000|{CONV1}", f"011/001/000|{CONV1}"],
        ),
        # in -> out is there; b needs in -> b.
        (f"0101/0011/0001/0000|{POOL},{CONV1}", [f"011/001/000|{CONV1}"]),
        # Four generated edges: in -> c is there, in -> out may be added, and b needs one of
        # b -> c and b -> out.
        (
            f"01110/00100/00011/00001/00000|{CONV1},{POOL},{CONV3}",
            [
                f"0110/0010/0001/0000|{PAIR}",
                f"0110/0001/0001/0000|{PAIR}",
                f"0110/0011/0001/0000|{PAIR}",
                f"0111/0010/0001/0000|{PAIR}",
                f"0111/0001/0001/0000|{PAIR}",
                f"0111/0011/0001/0000|{PAIR}",
            ],
        ),
    ],
)
def test_a_vertex_is_removed_as_by_hand(
    space: NASBench101Space, cell: str, without_pool: list[str]
) -> None:
    [state] = space.from_readable([cell])
    targets = space.graph.targets[space.graph.offsets[state] : space.graph.offsets[state + 1]]
    smaller = targets[sizes(space)[targets] < sizes(space)[state]]
    found = [text for text in space.to_readable(smaller) if POOL not in text]
    assert sorted(found) == sorted(space.to_readable(space.from_readable(without_pool)))
