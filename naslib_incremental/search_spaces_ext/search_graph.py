"""The compiled search graph of an enumerable space: an architecture is a number.

Neighbour lists lie in compressed sparse rows, encodings in packed bits; every array is
memory-mapped from the cache, so a step of thousands of environments is one gather.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Protocol

import numba
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

EXPAND_BLOCK = 8192


@dataclass(frozen=True)
class SearchGraph:
    """A directed graph over V architectures with E neighbour pairs.

    Attributes:
        words: [V] uint64, the packed representative of each class.
        keys: [V] uint64, ascending isomorphism keys; row i is architecture i.
        offsets: [V + 1] int64, row i's neighbours are ``targets[offsets[i]:offsets[i + 1]]``.
        targets: [E] int32 architecture indices, ascending in each row.
        packed: [V, ceil(F / 8)] uint8 encodings, most significant bit first.
    """

    words: NDArray[np.uint64]
    keys: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    targets: NDArray[np.int32]
    packed: NDArray[np.uint8]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


class Definition(Protocol):
    """What an enumerable space must tell to be compiled."""

    @property
    def features(self) -> int:
        """F, the length of one encoding."""

    def enumerate(self) -> NDArray[np.uint64]:
        """[V] packed words, one representative of every isomorphism class."""

    def keys(self, words: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """[B] isomorphism keys, equal exactly for isomorphic cells."""

    def expand(self, words: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Neighbours of [B] cells: [B] counts, and their keys one after the other.

        Duplicates and the cell itself may be among them.
        """

    def encode_words(self, words: NDArray[np.uint64]) -> NDArray[np.uint8]:
        """[B, F] 0/1 features."""


def compile_search_graph(definition: Definition) -> SearchGraph:
    """Enumerate a space and compile its neighbour lists and encodings.

    On a terminal a progress bar shows whatever takes longer than a second.

    Raises:
        ValueError: two representatives share a key, or a neighbour lies outside the space.
    """
    words = definition.enumerate()
    keys = definition.keys(words)
    order = np.argsort(keys, kind="stable")
    words, keys = words[order], keys[order]
    if np.any(keys[1:] == keys[:-1]):
        raise ValueError("the enumeration holds two representatives of one isomorphism class")
    degrees = np.zeros(len(words), np.int64)
    rows: list[NDArray[np.int32]] = []
    packed = np.empty((len(words), -(-definition.features // 8)), np.uint8)
    blocks = range(0, len(words), EXPAND_BLOCK)
    for low in tqdm(blocks, "compiling the search graph", disable=None, delay=1):
        block = slice(low, min(low + EXPAND_BLOCK, len(words)))
        counts, neighbour_keys = definition.expand(words[block])
        found = np.searchsorted(keys, neighbour_keys)
        if np.any(keys[np.minimum(found, len(keys) - 1)] != neighbour_keys):
            raise ValueError("a neighbour lies outside the enumeration")
        origins = np.arange(block.start, block.stop, dtype=np.int64)
        degrees[block], targets = _distinct_rows(origins, counts, found.astype(np.int32))
        rows.append(targets)
        packed[block] = np.packbits(definition.encode_words(words[block]), axis=1)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(degrees)])
    return SearchGraph(words, keys, offsets, np.concatenate(rows), packed)


@numba.njit(cache=True)
def _distinct_rows(
    origins: NDArray[np.int64], counts: NDArray[np.int64], found: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Sort each row and drop duplicates and the row's own origin."""
    degrees = np.zeros(len(origins), np.int64)
    targets = np.empty(len(found), np.int32)
    read = 0
    write = 0
    for row in range(len(origins)):
        candidates = np.sort(found[read : read + counts[row]])
        read += counts[row]
        last = -1
        for candidate in candidates:
            if candidate != last and candidate != origins[row]:
                targets[write] = candidate
                write += 1
                degrees[row] += 1
            last = candidate
    return degrees, targets[:write].copy()


@numba.njit(cache=True)
def present_shuffled(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int32],
    states: NDArray[np.int32],
    width: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """[B, width] neighbours by a partial Fisher-Yates shuffle of each row, and their mask."""
    presented = np.empty((len(states), width), np.int32)
    mask = np.zeros((len(states), width), np.bool_)
    row = np.empty(np.max(offsets[states + 1] - offsets[states]) if len(states) else 0, np.int32)
    for asked in range(len(states)):
        state = states[asked]
        degree = offsets[state + 1] - offsets[state]
        row[:degree] = targets[offsets[state] : offsets[state + 1]]
        shown = min(degree, width)
        for slot in range(shown):
            chosen = slot + int(rng.random() * (degree - slot))
            presented[asked, slot] = row[chosen]
            row[chosen] = row[slot]
            mask[asked, slot] = True
        presented[asked, shown:] = state
    return presented, mask


@numba.njit(cache=True)
def present_in_order(
    offsets: NDArray[np.int64],
    targets: NDArray[np.int32],
    states: NDArray[np.int32],
    width: int,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """[B, width] the first neighbours of each row in ascending order, and which are presented."""
    presented = np.empty((len(states), width), np.int32)
    mask = np.zeros((len(states), width), np.bool_)
    for asked in range(len(states)):
        state = states[asked]
        shown = min(offsets[state + 1] - offsets[state], width)
        presented[asked, :shown] = targets[offsets[state] : offsets[state] + shown]
        presented[asked, shown:] = state
        mask[asked, :shown] = True
    return presented, mask


@numba.njit(cache=True)
def unpack_features(
    packed: NDArray[np.uint8], states: NDArray[np.int32], features: int
) -> NDArray[np.uint8]:
    """[B, F] 0/1 features of B states."""
    encoded = np.empty((len(states), features), np.uint8)
    for row in range(len(states)):
        source = packed[states[row]]
        for feature in range(features):
            encoded[row, feature] = (source[feature >> 3] >> (7 - (feature & 7))) & 1
    return encoded
