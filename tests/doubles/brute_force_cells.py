"""NAS-Bench-101 cells and neighbours by brute force: plain sets, nothing of what is tested."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import chain, combinations, product

from naslib_incremental.search_spaces_ext.nasbench101.space import word_to_cell

LABELS = (0, 1, 2)

# A cell here: a set of edges, and the operations of the inner vertices by name. Vertices are "in",
# "out", and any number.
Cell = tuple[frozenset[tuple[object, object]], tuple[tuple[object, int], ...]]


def is_acyclic(edges: frozenset[tuple[object, object]]) -> bool:
    sorter: TopologicalSorter[object] = TopologicalSorter()
    for source, target in edges:
        sorter.add(target, source)
    try:
        sorter.prepare()
    except CycleError:
        return False
    return True


def is_cell(cell: Cell) -> bool:
    """At most nine edges, no cycle, and each vertex on a path from input to output."""
    edges, labels = cell
    inner = {vertex for vertex, _ in labels}
    # Without a cycle, an edge into each vertex but the input leads back to it, and so for output.
    return (
        len(edges) <= 9
        and {source for source, _ in edges} == inner | {"in"}
        and {target for _, target in edges} == inner | {"out"}
        and is_acyclic(edges)
    )


def subsets(items: list[tuple[object, object]]) -> Iterator[tuple[tuple[object, object], ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(1, len(items) + 1))


def brute_force_neighbours(cell: Cell) -> Iterator[Cell]:
    edges, labelled = cell
    labels = dict(labelled)
    vertices = ["in", *labels, "out"]
    for vertex, label in product(labels, LABELS):
        yield edges, tuple({**labels, vertex: label}.items())
    for edge in edges:
        yield edges - {edge}, labelled
    for edge in product(vertices, vertices):
        yield edges | {edge}, labelled
    if len(labels) < 5:
        for (before, after), label in product(product(vertices, vertices), LABELS):
            yield edges | {(before, 99), (99, after)}, (*labelled, (99, label))
    yield from removed_vertices(cell)


def removed_vertices(cell: Cell) -> Iterator[Cell]:
    """One cell for each vertex and selection, valid or not, as the paper says it.

    Every edge from a source of the vertex's in-edges to a destination of its out-edges is
    generated; every non-empty selection of the generated edges stands in for the vertex. A
    graph is a set of edges, so a selected edge that it has already adds nothing.
    """
    edges, labelled = cell
    for removed, _ in labelled:
        in_edges = {edge for edge in edges if edge[1] == removed}
        out_edges = {edge for edge in edges if edge[0] == removed}
        generated = [(source, target) for source, _ in in_edges for _, target in out_edges]
        others = tuple(vertex for vertex in labelled if vertex[0] != removed)
        for selected in subsets(generated):
            yield (edges - in_edges - out_edges) | set(selected), others


def to_cell(word: int) -> Cell:
    adjacency, operations = word_to_cell(word)
    names = ["in", *range(1, len(adjacency) - 1), "out"]
    edges = frozenset(
        (names[source], names[target])
        for source, row in enumerate(adjacency)
        for target, connected in enumerate(row)
        if connected
    )
    return edges, tuple(enumerate(operations, start=1))
