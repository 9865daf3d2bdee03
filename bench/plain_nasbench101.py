"""NAS-Bench-101 in plain Python, one cell at a time: by brute force, and as the original scripts.

Cells are plain sets; of the package only the format of words and the official MD5 are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import chain, combinations, product
from random import Random

from naslib_incremental.search_spaces_ext.nasbench101.module_hash import md5_module_hash
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


def module_hash(cell: Cell) -> str:
    """The original MD5 of a cell given as sets."""
    edges, labels = cell
    sorter: TopologicalSorter[object] = TopologicalSorter()
    for source, target in edges:
        sorter.add(target, source)
    order = list(sorter.static_order())
    place = {vertex: index for index, vertex in enumerate(order)}
    adjacency = [[0] * len(order) for _ in order]
    for source, target in edges:
        adjacency[place[source]][place[target]] = 1
    operations = dict(labels)
    return md5_module_hash(adjacency, [operations[vertex] for vertex in order[1:-1]])


def neighbours(cell: Cell) -> set[str]:
    """All neighbours of a cell up to isomorphism, by their hashes."""
    found = {module_hash(edited) for edited in brute_force_neighbours(cell) if is_cell(edited)}
    return found - {module_hash(cell)}


def sample_size_first(random: Random) -> Cell:
    """The paper's sampler: the size first, then random matrices until one is a cell."""
    size = random.randint(2, 7)
    names = ["in", *range(1, size - 1), "out"]
    labels = tuple((vertex, random.randrange(3)) for vertex in names[1:-1])
    while True:
        edges = frozenset(
            (names[source], names[target])
            for target in range(1, size)
            for source in range(target)
            if random.random() < 0.5
        )
        if is_cell((edges, labels)):
            return edges, labels
