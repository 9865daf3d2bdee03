"""Plain-Python equivalents of the original scripts for NAS-Bench-101, one cell at a time."""

from __future__ import annotations

from graphlib import TopologicalSorter
from random import Random

from naslib_incremental.search_spaces_ext.nasbench101.module_hash import md5_module_hash
from tests.doubles.brute_force_cells import Cell, brute_force_neighbours, is_cell


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
