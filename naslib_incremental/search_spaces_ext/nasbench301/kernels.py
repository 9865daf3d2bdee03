"""Kernels of DARTS cells: packed words, canonical form, ranks and hashes.

A cell has four intermediate nodes; node k takes two different inputs of 0..k+1, where 0 and 1 are
the outputs of the two cells before and 2 + k is node k. It is one 64-bit word of four records of
twelve bits, node 0 uppermost: lower input, its operation, higher input, its operation, three bits
each. An architecture is two words, the normal cell and the reduction cell.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

NODES = 4
OPERATIONS = 7
INPUTS = 2
RECORD_BITS = 12
RAW_CELLS = 180 * OPERATIONS**8
"""Genotypes of one cell: 1 x 3 x 6 x 10 pairs of inputs, and eight operations."""

NO_CELL = 0
"""The word that stands for no valid cell."""

_RANK_BITS = np.uint64(30)
_FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MIX = np.uint64(0x94D049BB133111EB)


def _orders() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The orders of the nodes that each set of dependencies allows.

    Returns:
        [65] offsets by the set's number (bit ``x + y (y - 1) / 2``: node y reads node x), and
        [M, 4] the place of every node in each order.
    """
    pairs = [(earlier, later) for later in range(NODES) for earlier in range(later)]
    offsets: list[int] = [0]
    allowed: list[tuple[int, ...]] = []
    for dependencies in range(1 << len(pairs)):
        needed = [pair for bit, pair in enumerate(pairs) if dependencies >> bit & 1]
        allowed.extend(
            places
            for places in permutations(range(NODES))
            if all(places[earlier] < places[later] for earlier, later in needed)
        )
        offsets.append(len(allowed))
    return np.array(offsets), np.array(allowed)


_ORDER_OFFSETS, _ORDER_PLACES = _orders()


@numba.njit(cache=True, inline="always")
def record_shift(node: int) -> int:
    """Where the record of a node begins."""
    return RECORD_BITS * (NODES - 1 - node)


@numba.njit(cache=True, inline="always")
def pack_record(one: int, operation: int, other: int, other_operation: int) -> int:
    """The record of a node, whichever of its inputs is named first."""
    if one < other:
        return one << 9 | operation << 6 | other << 3 | other_operation
    return other << 9 | other_operation << 6 | one << 3 | operation


@numba.njit(cache=True)
def canonical_word(word: int) -> int:
    """The least word over all orders of the nodes in which none comes before what it reads."""
    dependencies = 0
    for node in range(1, NODES):
        record = word >> record_shift(node)
        for source in ((record >> 9 & 7) - INPUTS, (record >> 3 & 7) - INPUTS):
            if source >= 0:
                dependencies |= 1 << (source + node * (node - 1) // 2)
    best: int = 1 << 62
    for order in range(_ORDER_OFFSETS[dependencies], _ORDER_OFFSETS[dependencies + 1]):
        places = _ORDER_PLACES[order]
        candidate = 0
        for node in range(NODES):
            record = word >> record_shift(node)
            one = record >> 9 & 7
            other = record >> 3 & 7
            if one >= INPUTS:
                one = INPUTS + places[one - INPUTS]
            if other >= INPUTS:
                other = INPUTS + places[other - INPUTS]
            moved = pack_record(one, record >> 6 & 7, other, record & 7)
            candidate |= moved << record_shift(places[node])
        best = min(best, candidate)
    return best


@numba.njit(cache=True)
def canonical_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[M] canonical words of [M] cells."""
    canonical = np.empty_like(words)
    for row in range(len(words)):
        canonical[row] = canonical_word(np.int64(words[row]))
    return canonical


@numba.njit(cache=True)
def pair_number(node: int, lower: int, higher: int) -> int:
    """Number of a node's pair of inputs among the sorted pairs (0, 1), (0, 2), ... (1, 2), ..."""
    inputs = node + INPUTS
    return lower * (2 * inputs - lower - 1) // 2 + higher - lower - 1


@numba.njit(cache=True)
def rank_words(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[M] numbers below ``RAW_CELLS``, different for different words."""
    ranks = np.empty_like(words)
    for row in range(len(words)):
        word = np.int64(words[row])
        rank = 0
        for node in range(NODES):
            record = word >> record_shift(node)
            pairs = (node + INPUTS) * (node + INPUTS - 1) // 2
            rank = rank * pairs + pair_number(node, record >> 9 & 7, record >> 3 & 7)
            rank = (rank * OPERATIONS + (record >> 6 & 7)) * OPERATIONS + (record & 7)
        ranks[row] = rank
    return ranks


@numba.njit(cache=True)
def mix(value: Any) -> Any:
    """The finalizer of SplitMix64, a bijection of 64-bit numbers or arrays of them."""
    value = (value ^ (value >> np.uint64(30))) * _FIRST_MIX
    value = (value ^ (value >> np.uint64(27))) * _SECOND_MIX
    return value ^ (value >> np.uint64(31))


@numba.njit(cache=True)
def hash_architectures(architectures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """[B] hashes of [B, 2] words, different for different words: a bijection of their ranks."""
    ranks = rank_words(architectures.reshape(-1))
    hashes = np.empty(len(architectures), np.uint64)
    for row in range(len(architectures)):
        hashes[row] = mix(ranks[2 * row] << _RANK_BITS | ranks[2 * row + 1])
    return hashes


@numba.njit(cache=True)
def sample_words(count: int, rng: np.random.Generator) -> NDArray[np.uint64]:
    """[count] cells: for each node a uniform pair of different inputs and uniform operations."""
    words = np.empty(count, np.uint64)
    for row in range(count):
        word = 0
        for node in range(NODES):
            inputs = node + INPUTS
            one = int(rng.random() * inputs)
            other = int(rng.random() * (inputs - 1))
            other += other >= one
            operation = int(rng.random() * OPERATIONS)
            other_operation = int(rng.random() * OPERATIONS)
            record = pack_record(one, operation, other, other_operation)
            word |= record << record_shift(node)
        words[row] = canonical_word(word)
    return words


def pack_cells(inputs: NDArray[np.int64], operations: NDArray[np.int64]) -> NDArray[np.uint64]:
    """[M] words of cells given by [M, 8] inputs and operations, two to a node.

    The order of the nodes stays as it is given; ``NO_CELL`` where there is no such cell.
    """
    one, other = inputs[:, 0::2], inputs[:, 1::2]
    first, second = operations[:, 0::2], operations[:, 1::2]
    most = np.arange(NODES) + INPUTS - 1
    valid = (one != other) & (np.minimum(one, other) >= 0) & (np.maximum(one, other) <= most)
    for digits in (first, second):
        valid &= (digits >= 0) & (digits < OPERATIONS)
    straight = one << 9 | first << 6 | other << 3 | second
    crossed = other << 9 | second << 6 | one << 3 | first
    records = np.where(one < other, straight, crossed)
    shifts = RECORD_BITS * np.arange(NODES - 1, -1, -1)
    words = np.bitwise_or.reduce(records << shifts, axis=1)
    return np.where(valid.all(axis=1), words, NO_CELL).astype(np.uint64)


def unpack_cells(words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[..., 8] inputs and operations of [...] words, two to a node, the lower input first."""
    # Four fields of three bits to a record, the uppermost first.
    fields = words[..., None] >> np.arange(45, -1, -3, dtype=np.uint64) & np.uint64(7)
    digits = fields.astype(np.int64)
    return digits[..., 0::2], digits[..., 1::2]
