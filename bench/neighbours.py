"""Neighbours of a DARTS cell by several readings of the paper, beside its "~70" and "~4,900".

Run as ``python -m bench.neighbours``. The cells are those of the sampler ``uniform``. Printed are
the neighbours of a cell before isomorphic ones are counted once and the cell itself is dropped,
after that, and the mean product over pairs of cells.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations, permutations, product

import numpy as np

from bench.plain_nasbench101 import removed_vertices
from naslib_incremental.search_spaces_ext.nasbench301.genotype import to_compact
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space

OPERATIONS = range(7)
NONE = 7
SUM = "sum"
OUTPUT = "output"
NODES = range(4)

# Two (input, operation) to each of four nodes; inputs 2..5 are nodes, in whatever order.
Cell = tuple[tuple[tuple[int, int], ...], ...]
# The same with operations on vertices: edges, and the labels of all vertices but inputs and output.
Graph = tuple[frozenset[tuple[object, object]], tuple[tuple[object, object], ...]]


def canonical(cell: Cell) -> Cell | None:
    """The least renumbering in which no node comes before what it reads; None if it has none."""
    found = []
    for places in permutations(NODES):
        place = [0, 1, *(2 + place for place in places)]
        moved = sorted(
            (place[2 + node], tuple(sorted((place[source], label) for source, label in edges)))
            for node, edges in enumerate(cell)
        )
        if all(source < number for number, edges in moved for source, _ in edges):
            found.append(tuple(edges for _, edges in moved))
    return min(found, default=None)


def replaced(cell: Cell, node: int, edges: Iterable[tuple[int, int]]) -> Cell:
    """The cell with other edges into a node."""
    return (*cell[:node], tuple(edges), *cell[node + 1 :])


def changes(cell: Cell) -> dict[str, list[Cell]]:
    """Cells with another operation or input of an edge, or other inputs of a node, by kind."""
    kinds: dict[str, list[Cell]] = defaultdict(list)
    for node, edge in product(NODES, range(2)):
        kept = cell[node][1 - edge]
        source, operation = cell[node][edge]
        for other in {*OPERATIONS, NONE} - {operation}:
            kind = "none" if other == NONE else "operation"
            kinds[kind].append(replaced(cell, node, [kept, (source, other)]))
        for other in set(range(6)) - {source, 2 + node}:
            kind = "later" if other > 2 + node else "same" if other == kept[0] else "input"
            kinds[kind].append(replaced(cell, node, [kept, (other, operation)]))
    for node, edges in enumerate(cell):
        for pair in combinations(range(2 + node), 2):
            if set(pair) != {source for source, _ in edges}:
                changed = [(source, edges[place][1]) for place, source in enumerate(pair)]
                kinds["pair"].append(replaced(cell, node, changed))
    kinds["later"] = [changed for changed in kinds["later"] if canonical(changed)]
    return kinds


def edits(cell: Cell) -> dict[str, list[Graph]]:
    """What the five edits make of a cell with operations on vertices, by kind.

    It has 15 vertices and 20 edges, the most there are, so nothing can be added; and whatever is
    removed, what is left is no DARTS cell.
    """
    graph = as_graph(cell)
    edges, labelled = graph
    kinds: dict[str, list[Graph]] = defaultdict(list)
    for vertex, label in labelled:
        if label == SUM:
            continue
        for other in set(OPERATIONS) - {label}:
            relabelled = {**dict(labelled), vertex: other}
            kinds["operation"].append((edges, tuple(relabelled.items())))
        without = frozenset(edge for edge in edges if vertex not in edge)
        kinds["not replaced"].append((without, tuple(dict(labelled).items() - {(vertex, label)})))
    kinds["edge"] = [(edges - {edge}, labelled) for edge in edges]
    for smaller in removed_vertices(graph):
        sums = [vertex for vertex, label in smaller[1] if label == SUM]
        kinds["vertex" if len(sums) == len(NODES) else "sum"].append(smaller)
    return {kind: [*filter(is_connected, graphs)] for kind, graphs in kinds.items()}


def as_graph(cell: Cell) -> Graph:
    """Operations as vertices, sums as vertices that lead to the output."""
    sums = [(node, SUM) for node in NODES]
    edges: set[tuple[object, object]] = {(total, OUTPUT) for total in sums}
    labels: list[tuple[object, object]] = [(total, SUM) for total in sums]
    for node, number in product(NODES, range(2)):
        source, operation = cell[node][number]
        vertex = (node, number)
        edges |= {(source if source < 2 else sums[source - 2], vertex), (vertex, sums[node])}
        labels.append((vertex, operation))
    return frozenset(edges), tuple(labels)


def is_connected(graph: Graph) -> bool:
    """Whether every vertex keeps an in-edge and an out-edge."""
    edges, labels = graph
    inner = {vertex for vertex, _ in labels}
    sources, targets = ({edge[end] for edge in edges} for end in range(2))
    return sources == inner | {0, 1} and targets == inner | {OUTPUT}


def refined(graph: Graph) -> int:
    """A number equal for isomorphic graphs, by colour refinement."""
    edges, labelled = graph
    colours = {vertex: hash(("label", label)) for vertex, label in labelled}
    colours |= {vertex: hash(("end", vertex)) for vertex in (0, 1, OUTPUT)}
    for _ in NODES:
        before = {vertex: [colours[s] for s, t in edges if t == vertex] for vertex in colours}
        after = {vertex: [colours[t] for s, t in edges if s == vertex] for vertex in colours}
        colours = {
            vertex: hash((colour, *sorted(before[vertex]), None, *sorted(after[vertex])))
            for vertex, colour in colours.items()
        }
    return hash(tuple(sorted(colours.values())))


CHANGES = {
    "operation": "another operation (all that the five edits leave a DARTS cell)",
    "operation, input": "or another input that comes before: ours",
    "operation, input, same": "  both inputs of a node may be the same",
    "operation, input, none": "  eighth operation none",
    "operation, input, same, none": "  both of these",
    "operation, pair": "  both inputs of a node changed at once",
    "operation, input, later": "  any input that closes no cycle",
    "operation, input, later, same": "  any input that closes no cycle, the same ones too",
}
EDITS = {
    "operation, edge, vertex, sum": "the five edits, whether a DARTS cell is left or not",
    "operation, edge, vertex": "  no sum removed",
    "operation, edge, vertex, not replaced": "  no sum removed, operations also without a new edge",
}


def counts(cell: Cell) -> dict[str, tuple[int, int]]:
    """Neighbours by reading: all, and without isomorphic ones and the cell itself."""
    found = {}
    for readings, kinds, key, own in (
        (CHANGES, changes(cell), canonical, cell),
        (EDITS, edits(cell), refined, refined(as_graph(cell))),
    ):
        for wanted, reading in readings.items():
            neighbours = [one for kind in wanted.split(", ") for one in kinds[kind]]
            found[reading] = (len(neighbours), len({*map(key, neighbours)} - {own}))
    return found


def main() -> None:
    """Print a row for each reading."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=500, help="pairs of cells (default 500)")
    pairs = parser.parse_args().pairs
    rows: dict[str, list[list[tuple[int, int]]]] = defaultdict(list)
    for architecture in NASBench301Space().sample(pairs, np.random.default_rng(0)):
        cells = [
            canonical(tuple(flat[2 * node : 2 * node + 2] for node in NODES))
            for flat in to_compact(architecture)
        ]
        both = [counts(cell) for cell in cells if cell]
        for reading in both[0]:
            rows[reading].append([of_cell[reading] for of_cell in both])
    print(f"{f'{pairs} random pairs of cells':62} {'all':>8} {'distinct':>9} {'product':>9}")
    for reading, values in rows.items():
        table = np.array(values)
        every, distinct = table.mean(axis=(0, 1))
        together = table[..., 1].prod(axis=1).mean()
        print(f"{reading:62} {every:8.2f} {distinct:9.2f} {together:9,.0f}")


if __name__ == "__main__":
    main()
