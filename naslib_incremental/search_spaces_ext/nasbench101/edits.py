"""Kernels of NAS-Bench-101: the five edits that lead from a cell to its neighbours.

Edits need not keep the order of the vertices: only the 64-bit hash of the edited cell is kept, and
the hash does not see the numbering.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    ADJACENCY,
    MOST_EDGES,
    MOST_VERTICES,
    OPERATIONS,
    hash_cell,
    unpack,
)

# A removed vertex with three in-edges and three out-edges may be replaced in 2^9 ways; all other
# edits of a cell together are fewer than 200.
MOST_CANDIDATES = 1024
MOST_NEIGHBOURS = 85

Cell = Any
"""Inside the kernels: (vertices, edges, sources, targets, labels)."""

Collected = Any
"""Inside the kernels: the hashes found so far, and the working space of the hash."""


@numba.njit(cache=True)
def expand(
    words: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Neighbours of [B] cells: [B] counts, and their hashes one after the other.

    Each cell's are ascending and distinct, and its own hash is not among them.
    """
    counts = np.empty(len(words), np.int64)
    keys = np.empty(MOST_NEIGHBOURS * len(words), np.uint64)
    found = np.empty(MOST_CANDIDATES, np.uint64)
    sources = np.empty(ADJACENCY + 2, np.int64)
    targets = np.empty(ADJACENCY + 2, np.int64)
    labels = np.empty(MOST_VERTICES + 1, np.int64)
    scratch = np.empty((3, MOST_VERTICES + 1), np.uint64)
    collected = (found, scratch)
    written = 0
    for row in range(len(words)):
        vertices, edges = unpack(np.int64(words[row]), sources, targets, labels)
        cell = (vertices, edges, sources, targets, labels)
        own = hash_cell(vertices, edges, sources, targets, labels, scratch)
        reach = _reachability(cell)
        many = _change_labels(cell, collected, 0)
        many = _remove_edges(cell, collected, many)
        many = _add_edges(cell, reach, collected, many)
        many = _add_vertices(cell, reach, collected, many)
        many = _remove_vertices(cell, collected, many)
        counts[row] = _append_distinct(np.sort(found[:many]), own, keys, written)
        written += counts[row]
    return counts, keys[:written].copy()


@numba.njit(cache=True)
def _append_distinct(
    ascending: NDArray[np.uint64], own: np.uint64, keys: NDArray[np.uint64], start: int
) -> int:
    """Write the different hashes that are not the cell's own; returns how many."""
    written = start
    last = own
    for key in ascending:
        if key != last and key != own:
            keys[written] = key
            written += 1
        last = key
    return written - start


@numba.njit(cache=True)
def _reachability(cell: Cell) -> NDArray[np.int64]:
    """[vertices] bit masks: bit y of entry x says that x reaches y; every vertex reaches itself."""
    vertices, edges, sources, targets, _ = cell
    reach = np.empty(MOST_VERTICES, np.int64)
    for vertex in range(vertices):
        reach[vertex] = 1 << vertex
    # Edges are listed by ascending target, so that sources' masks are final last to first.
    for vertex in range(vertices - 1, -1, -1):
        for edge in range(edges):
            if sources[edge] == vertex:
                reach[vertex] |= reach[targets[edge]]
    return reach


@numba.njit(cache=True)
def _change_labels(cell: Cell, collected: Collected, many: int) -> int:
    vertices, edges, sources, targets, labels = cell
    found, scratch = collected
    for vertex in range(1, vertices - 1):
        before = labels[vertex]
        for label in range(1, OPERATIONS + 1):
            if label != before:
                labels[vertex] = label
                found[many] = hash_cell(vertices, edges, sources, targets, labels, scratch)
                many += 1
        labels[vertex] = before
    return many


@numba.njit(cache=True)
def _remove_edges(cell: Cell, collected: Collected, many: int) -> int:
    """Without an edge whose source keeps a successor, and whose target a predecessor."""
    vertices, edges, sources, targets, labels = cell
    found, scratch = collected
    last = edges - 1
    for edge in range(edges):
        source, target = sources[edge], targets[edge]
        siblings = np.sum(sources[:edges] == source)
        parents = np.sum(targets[:edges] == target)
        if siblings > 1 and parents > 1:
            sources[edge], targets[edge] = sources[last], targets[last]
            found[many] = hash_cell(vertices, last, sources, targets, labels, scratch)
            many += 1
            sources[edge], targets[edge] = source, target
    return many


@numba.njit(cache=True)
def _add_edges(cell: Cell, reach: NDArray[np.int64], collected: Collected, many: int) -> int:
    """With one more edge between any two vertices that closes no cycle."""
    vertices, edges, sources, targets, labels = cell
    found, scratch = collected
    if edges == MOST_EDGES:
        return many
    successors = _successors(cell)
    for source in range(vertices - 1):
        for target in range(1, vertices):
            if (reach[target] >> source | successors[source] >> target) & 1:
                continue
            sources[edges], targets[edges] = source, target
            found[many] = hash_cell(vertices, edges + 1, sources, targets, labels, scratch)
            many += 1
    return many


@numba.njit(cache=True)
def _successors(cell: Cell) -> NDArray[np.int64]:
    """[vertices] bit masks: bit y of entry x says that there is an edge x -> y."""
    _, edges, sources, targets, _ = cell
    successors = np.zeros(MOST_VERTICES, np.int64)
    for edge in range(edges):
        successors[sources[edge]] |= 1 << targets[edge]
    return successors


@numba.njit(cache=True)
def _add_vertices(cell: Cell, reach: NDArray[np.int64], collected: Collected, many: int) -> int:
    """With one more vertex of each label between any two vertices that closes no cycle."""
    vertices, edges, sources, targets, labels = cell
    found, scratch = collected
    if vertices == MOST_VERTICES or edges + 2 > MOST_EDGES:
        return many
    for source in range(vertices - 1):
        for target in range(1, vertices):
            if reach[target] >> source & 1:
                continue
            sources[edges], targets[edges] = source, vertices
            sources[edges + 1], targets[edges + 1] = vertices, target
            for label in range(1, OPERATIONS + 1):
                labels[vertices] = label
                found[many] = hash_cell(vertices + 1, edges + 2, sources, targets, labels, scratch)
                many += 1
    return many


@numba.njit(cache=True)
def _remove_vertices(cell: Cell, collected: Collected, many: int) -> int:
    """Without an inner vertex, its predecessors joined to its successors in every way that does.

    That is any non-empty selection of the edges from a predecessor to a successor, new or there
    already, after which each vertex has a predecessor and a successor, with at most nine edges.
    """
    vertices, _, sources, targets, labels = cell
    found, scratch = collected
    rest = (np.empty_like(sources), np.empty_like(targets), np.empty_like(labels))
    new = np.empty((2, MOST_EDGES * MOST_EDGES), np.int64)
    for removed in range(1, vertices - 1):
        kept = _without_vertex(cell, removed, rest)
        generated, missing = _generate_edges(cell, removed, new)
        # Selecting an edge that is there adds nothing: none need be new where there is one.
        for chosen in range(missing == generated, 1 << missing):
            total = kept
            for edge in range(missing):
                if chosen >> edge & 1:
                    rest[0][total], rest[1][total] = new[0, edge], new[1, edge]
                    total += 1
            if total <= MOST_EDGES and _is_connected(vertices - 1, total, rest[0], rest[1]):
                found[many] = hash_cell(vertices - 1, total, rest[0], rest[1], rest[2], scratch)
                many += 1
    return many


@numba.njit(cache=True)
def _without_vertex(cell: Cell, removed: int, rest: Any) -> int:
    """Write all that does not touch a vertex into ``rest``, renumbered; returns the edges kept."""
    vertices, edges, sources, targets, labels = cell
    kept = 0
    for edge in range(edges):
        if sources[edge] != removed and targets[edge] != removed:
            rest[0][kept] = sources[edge] - (sources[edge] > removed)
            rest[1][kept] = targets[edge] - (targets[edge] > removed)
            kept += 1
    rest[2][:removed] = labels[:removed]
    rest[2][removed : vertices - 1] = labels[removed + 1 : vertices]
    return kept


@numba.njit(cache=True)
def _generate_edges(cell: Cell, removed: int, new: NDArray[np.int64]) -> tuple[int, int]:
    """Write the new edges from predecessors to successors, renumbered; returns (all, new)."""
    _, edges, sources, targets, _ = cell
    successors = _successors(cell)
    generated = missing = 0
    for before in range(edges):
        for after in range(edges):
            source, target = sources[before], targets[after]
            through = targets[before] == removed and sources[after] == removed
            generated += through
            if through and not successors[source] >> target & 1:
                new[0, missing] = source - (source > removed)
                new[1, missing] = target - (target > removed)
                missing += 1
    return generated, missing


@numba.njit(cache=True)
def _is_connected(
    vertices: int, edges: int, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> bool:
    """Whether each vertex but the last has a successor, and each but the first a predecessor."""
    has_successor = 0
    has_predecessor = 0
    for edge in range(edges):
        has_successor |= 1 << sources[edge]
        has_predecessor |= 1 << targets[edge]
    return has_successor | 1 << (vertices - 1) == has_predecessor | 1 == (1 << vertices) - 1
