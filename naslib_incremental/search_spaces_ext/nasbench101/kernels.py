"""Kernels of NAS-Bench-101 cells: packed words, pruning, the 64-bit hash, encodings, samplers.

A cell is one 64-bit word: the edge x -> y (x < y) is bit ``x + y (y - 1) / 2``, the label of the
inner vertex v takes two bits from ``LABEL_SHIFT + 2 (v - 1)``, the number of vertices stands from
``SIZE_SHIFT``. Inside the kernels a label is 0 for the input, 1 + operation, and 4 for the output.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

MOST_VERTICES = 7
MOST_EDGES = 9
OPERATIONS = 3
OUTPUT = OPERATIONS + 1
LABELS = OPERATIONS + 2
ADJACENCY = MOST_VERTICES * (MOST_VERTICES - 1) // 2
FEATURES = ADJACENCY + MOST_VERTICES * LABELS

LABEL_SHIFT = ADJACENCY
SIZE_SHIFT = LABEL_SHIFT + 2 * (MOST_VERTICES - 2)
NO_CELL = 0
"""The word that stands for no valid cell."""

# Four rounds tell all cells of the space apart; each vertex then knows all within four edges.
HASH_ROUNDS = 4
_OWN = np.uint64(0x9E3779B97F4A7C15)
_IN = np.uint64(0xC2B2AE3D27D4EB4F)
_OUT = np.uint64(0x165667B19E3779F9)
_FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MIX = np.uint64(0x94D049BB133111EB)


@numba.njit(cache=True, inline="always")
def edge_bit(source: int, target: int) -> int:
    """The bit number of the edge source -> target, source < target."""
    return source + target * (target - 1) // 2


@numba.njit(cache=True)
def mix(value: np.uint64) -> np.uint64:
    """The finalizer of SplitMix64, a bijection in which every bit depends on every other."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST_MIX
    value = (value ^ (value >> np.uint64(27))) * _SECOND_MIX
    mixed: np.uint64 = value ^ (value >> np.uint64(31))
    return mixed


@numba.njit(cache=True)
def unpack(
    word: int, sources: NDArray[np.int64], targets: NDArray[np.int64], labels: NDArray[np.int64]
) -> tuple[int, int]:
    """Write a word's edges and labels into the three arrays; returns (vertices, edges)."""
    vertices = word >> SIZE_SHIFT
    edges = 0
    for target in range(1, vertices):
        for source in range(target):
            if word >> edge_bit(source, target) & 1:
                sources[edges] = source
                targets[edges] = target
                edges += 1
    labels[0] = 0
    for vertex in range(1, vertices - 1):
        labels[vertex] = 1 + (word >> (LABEL_SHIFT + 2 * (vertex - 1)) & 3)
    labels[vertices - 1] = OUTPUT
    return vertices, edges


@numba.njit(cache=True)
def hash_cell(
    vertices: int,
    edges: int,
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
    labels: NDArray[np.int64],
    scratch: NDArray[np.uint64],
) -> np.uint64:
    """64-bit hash of a labelled graph, the same under any numbering of the vertices.

    A Weisfeiler-Lehman refinement like the original module hash: a vertex's hash is renewed from
    its own, the sum over its predecessors' and the sum over its successors'; the cell's is mixed
    from the sum over its vertices.

    Args:
        vertices: number of vertices.
        edges: number of edges; the rest of the arrays is not read.
        sources: the edges' sources.
        targets: the edges' targets.
        labels: the vertices' labels.
        scratch: [3, MOST_VERTICES] working space.
    """
    own, incoming, outgoing = scratch[0], scratch[1], scratch[2]
    for vertex in range(vertices):
        own[vertex] = mix(np.uint64(labels[vertex] + 1) * _OWN)
    for _ in range(HASH_ROUNDS):
        incoming[:vertices] = 0
        outgoing[:vertices] = 0
        for edge in range(edges):
            incoming[targets[edge]] += own[sources[edge]]
            outgoing[sources[edge]] += own[targets[edge]]
        for vertex in range(vertices):
            own[vertex] = mix(own[vertex] * _OWN + incoming[vertex] * _IN + outgoing[vertex] * _OUT)
    total = np.uint64(vertices)
    for vertex in range(vertices):
        total += own[vertex]
    return mix(total)


@numba.njit(cache=True)
def hash_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[B] 64-bit hashes of [B] words, equal exactly for isomorphic cells of the space."""
    keys = np.empty(len(words), np.uint64)
    sources = np.empty(ADJACENCY, np.int64)
    targets = np.empty(ADJACENCY, np.int64)
    labels = np.empty(MOST_VERTICES, np.int64)
    scratch = np.empty((3, MOST_VERTICES), np.uint64)
    for row in range(len(words)):
        vertices, edges = unpack(np.int64(words[row]), sources, targets, labels)
        keys[row] = hash_cell(vertices, edges, sources, targets, labels, scratch)
    return keys


@numba.njit(cache=True)
def is_complete(edge_bits: int, vertices: int) -> bool:
    """Whether each vertex lies on a path from the first to the last, with at most nine edges."""
    has_successor = 0
    edges = 0
    for target in range(1, vertices):
        incoming = edge_bits >> edge_bit(0, target) & ((1 << target) - 1)
        if incoming == 0:
            return False
        has_successor |= incoming
        while incoming:
            incoming &= incoming - 1
            edges += 1
    return edges <= MOST_EDGES and has_successor == (1 << (vertices - 1)) - 1


@numba.njit(cache=True)
def prune(word: int) -> int:
    """The word without vertices off every path from input to output; NO_CELL if it is no cell.

    It is none when output cannot be reached, or more than nine edges remain.
    """
    vertices = word >> SIZE_SHIFT
    reached = 1
    for target in range(1, vertices):
        if word >> edge_bit(0, target) & ((1 << target) - 1) & reached:
            reached |= 1 << target
    kept = 1 << (vertices - 1)
    for target in range(vertices - 1, 0, -1):
        if kept >> target & 1:
            kept |= word >> edge_bit(0, target) & ((1 << target) - 1) & reached
    pruned = 0
    size = 0
    for target in range(vertices):
        if not (kept & reached) >> target & 1:
            continue
        place = 0
        for source in range(target):
            if kept >> source & 1:
                pruned |= (word >> edge_bit(source, target) & 1) << edge_bit(place, size)
                place += 1
        if 0 < target < vertices - 1:
            label = word >> (LABEL_SHIFT + 2 * (target - 1)) & 3
            pruned |= label << (LABEL_SHIFT + 2 * (size - 1))
        size += 1
    if not is_complete(pruned & ((1 << ADJACENCY) - 1), size):
        return NO_CELL
    return pruned | size << SIZE_SHIFT


@numba.njit(cache=True)
def prune_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[B] pruned words, NO_CELL where a word is no cell."""
    pruned = np.empty_like(words)
    for row in range(len(words)):
        pruned[row] = prune(np.int64(words[row]))
    return pruned


@numba.njit(cache=True)
def complete_shapes(vertices: int) -> NDArray[np.uint64]:
    """Words of all valid adjacencies of a size, every inner vertex with operation 0."""
    shapes = 1 << edge_bit(0, vertices)
    valid = [
        np.uint64(bits | vertices << SIZE_SHIFT)
        for bits in range(shapes)
        if is_complete(bits, vertices)
    ]
    return np.array(valid)


@numba.njit(cache=True)
def encode(words: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """[B, F] lower-triangular adjacency by rows, then one-hot labels, padded to seven vertices."""
    encoded = np.zeros((len(words), FEATURES), np.uint8)
    sources = np.empty(ADJACENCY, np.int64)
    targets = np.empty(ADJACENCY, np.int64)
    labels = np.empty(MOST_VERTICES, np.int64)
    for row in range(len(words)):
        vertices, edges = unpack(np.int64(words[row]), sources, targets, labels)
        for edge in range(edges):
            encoded[row, edge_bit(sources[edge], targets[edge])] = 1
        for vertex in range(vertices):
            encoded[row, ADJACENCY + vertex * LABELS + labels[vertex]] = 1
    return encoded


@numba.njit(cache=True)
def sample_size_first(count: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """[count] words: a uniform number of vertices first, then a random valid cell of that size.

    Adjacency matrices are sampled uniformly and rejected until each vertex lies on a path from
    input to output, with at most nine edges. Every size is equally frequent, so small cells come
    far more often than uniformly.

    Source: Cassimon, Mercelis and Mets 2024, the start distribution.
    """
    words = np.empty(count, np.uint64)
    for row in range(count):
        vertices = 2 + int(rng.random() * (MOST_VERTICES - 1))
        edge_bits = 0
        while not is_complete(edge_bits, vertices):
            edge_bits = int(rng.random() * (1 << edge_bit(0, vertices)))
        words[row] = edge_bits | _sample_labels(vertices, rng) | vertices << SIZE_SHIFT
    return words


@numba.njit(cache=True)
def sample_random_cell_adj(count: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """[count] words: a random 7 x 7 adjacency with random labels, until a valid cell is left.

    The cell is what remains after pruning, so its size is whatever pruning leaves.

    Source: ``random_cell_adj`` of BANANAS (White, Neiswanger and Savani 2021).
    """
    words = np.empty(count, np.uint64)
    for row in range(count):
        word = NO_CELL
        while word == NO_CELL:
            edge_bits = int(rng.random() * (1 << ADJACENCY))
            labels = _sample_labels(MOST_VERTICES, rng)
            word = prune(edge_bits | labels | MOST_VERTICES << SIZE_SHIFT)
        words[row] = word
    return words


@numba.njit(cache=True)
def _sample_labels(vertices: int, rng: np.random.Generator) -> int:
    """The label bits of uniformly random operations."""
    bits = 0
    for inner in range(vertices - 2):
        bits |= int(rng.random() * OPERATIONS) << (LABEL_SHIFT + 2 * inner)
    return bits
