"""NAS-Bench-201 and TransNAS-Bench-101: cells, skeletons, neighbours and isomorphism by oracles."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.edge_cells import EdgeCellSpace
from naslib_incremental.search_spaces_ext.nasbench201 import (
    NASBench201CanonicalSpace,
    NASBench201Space,
)
from naslib_incremental.search_spaces_ext.transnas101 import (
    TransNASMacroSpace,
    TransNASMicroSpace,
)

DATA = Path(os.environ["NASLIB_INCREMENTAL_DATA"]) / "transnas101"


def outputs(operations: NDArray[np.int64]) -> NDArray[np.float64]:
    """[B] what cells compute of the number 0.7, each operation an arbitrary function with f(0) = 0.

    Written from the meaning of the operations alone: a node is the sum of its edges, ``none``
    brings nothing, ``skip_connect`` brings what it was given.
    """
    nodes = [np.full(len(operations), 0.7)]
    edge = 0
    for target in (1, 2, 3):
        total = np.zeros(len(operations))
        for source in range(target):
            given = nodes[source]
            kinds = [0 * given, given, np.sin(1.3 * given), np.sin(2.1 * given), np.tanh(given)]
            total += np.choose(operations[:, edge], kinds)
            edge += 1
        nodes.append(total)
    return nodes[-1]


@pytest.mark.parametrize(
    ("space", "cells", "classes", "degree"),
    [(NASBench201Space, 15_625, 6_466, 24), (TransNASMicroSpace, 4_096, 1_236, 18)],
)
def test_sizes_are_the_published_ones(
    space: type[EdgeCellSpace], cells: int, classes: int, degree: int
) -> None:
    made = space()
    every = np.arange(len(made), dtype=np.int32)
    assert len(made) == cells
    assert len(np.unique(made.hash(every))) == classes
    assert set(made.degree(every).tolist()) == {degree}


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_neighbours_differ_in_one_edge(operations: list[int]) -> None:
    space = NASBench201Space()
    state = space.index_of(space.pack(np.array([operations])))
    shown = space.neighbours(state, 50, None)
    found = space.unpack(space.graph.words[shown.architectures[shown.mask]])
    expected = {
        (*operations[:edge], other, *operations[edge + 1 :])
        for edge in range(6)
        for other in range(5)
        if other != operations[edge]
    }
    assert set(map(tuple, found.tolist())) == expected
    assert len(found) == 24


def computed(cell: tuple[int, ...], flat: bool, node: int = 3) -> object:
    """What a node computes, as a tree: None for zero, sums without order.

    Args:
        cell: its six operations.
        flat: a skipped sum stands in another sum with all its parts, not as one of them.
        node: which.
    """
    if node == 0:
        return "input"
    parts: list[object] = []
    for source in range(node):
        operation, before = cell[(0, 0, 1, 3)[node] + source], computed(cell, flat, source)
        if operation == 0 or before is None:
            parts.append(None)
        elif operation != 1:
            parts.append((operation, before))
        elif flat and isinstance(before, frozenset):
            parts += [one for one, times in before for _ in range(times)]
        else:
            parts.append(before)
    return parts[0] if len(parts) == 1 else frozenset(Counter(parts).items())


@pytest.mark.parametrize("space", [NASBench201Space, TransNASMicroSpace])
def test_classes_lie_between_two_plain_readings(space: type[EdgeCellSpace]) -> None:
    """The published rule writes sums as text: more are equal than as trees, fewer than as sums."""
    made = space()
    cells = list(map(tuple, made.unpack(made.graph.words).tolist()))
    hashes = made.hash(np.arange(len(made), dtype=np.int32)).tolist()
    trees = [computed(cell, flat=False) for cell in cells]
    sums = [computed(cell, flat=True) for cell in cells]
    assert len(set(zip(trees, hashes, strict=True))) == len(set(trees))
    assert len(set(zip(hashes, sums, strict=True))) == len(set(hashes))


def test_canonical_neighbours_stand_for_classes() -> None:
    """One of each other class that a change of one operation leads to."""
    space = NASBench201CanonicalSpace()
    cells = list(map(tuple, space.unpack(space.graph.words).tolist()))
    hashes = space.hash(np.arange(len(space), dtype=np.int32)).tolist()
    classes = dict(zip(cells, hashes, strict=True))
    for state in np.random.default_rng(0).integers(len(space), size=200).astype(np.int32):
        cell = cells[state]
        changed = [
            (*cell[:edge], other, *cell[edge + 1 :]) for edge in range(6) for other in range(5)
        ]
        shown = space.neighbours(np.array([state]), 50, None)
        found = [cells[other] for other in shown.architectures[shown.mask]]
        assert set(found) <= set(changed)
        assert len({classes[one] for one in found}) == len(found)
        assert {classes[one] for one in found} == {classes[one] for one in changed} - {
            classes[cell]
        }


def test_isomorphic_cells_compute_the_same() -> None:
    """The published rule tells some cells apart that compute the same, and never joins others."""
    space = NASBench201Space()
    every = np.arange(len(space), dtype=np.int32)
    values = outputs(space.unpack(space.graph.words)).round(9)
    _, classes = np.unique(space.hash(every), return_inverse=True)
    lowest, highest = np.full(6_466, np.inf), np.full(6_466, -np.inf)
    np.minimum.at(lowest, classes, values)
    np.maximum.at(highest, classes, values)
    np.testing.assert_array_equal(lowest, highest)
    assert len(np.unique(values)) < 6_466


@pytest.mark.parametrize(
    ("inner", "digits"),
    [
        ("a~0|+|b~0|s~1|+|b~0|s~1|s~2", "421211"),
        ("c~0|+|c~0|none~1|+|s~0|c~1|c~2", "330133"),
    ],
)
def test_names_are_nasbench201s(inner: str, digits: str) -> None:
    short = {"a": "avg_pool_3x3", "b": "nor_conv_1x1", "c": "nor_conv_3x3", "s": "skip_connect"}
    name = "|" + re.sub(r"\b[abcs](?=~)", lambda m: short[m[0]], inner) + "|"
    space = NASBench201Space()
    state = space.from_readable([name])
    assert "".join(map(str, space.unpack(space.graph.words[state])[0])) == digits
    assert space.to_readable(state) == [name]


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (NASBench201Space, "|none~0|+|none~0|none~1|"),
        (NASBench201Space, "|nine~0|+|none~0|none~1|+|none~0|none~1|none~2|"),
        (TransNASMicroSpace, "64-41414-0_00_004"),
        (TransNASMicroSpace, "64-1234-basic"),
        (TransNASMacroSpace, "64-111-basic"),
        (TransNASMacroSpace, "64-1111-basic"),
        (TransNASMacroSpace, "64-41414-0_00_000"),
    ],
)
def test_foreign_names_are_refused(space: type[NASBench201Space], text: str) -> None:
    with pytest.raises(UserError, match="an architecture of"):
        space().from_readable([text])


def published(kind: str) -> set[str]:
    path = DATA / f"{kind}_val.csv"
    if not path.exists():
        pytest.skip(f"no {path}")
    with path.open(newline="") as file:
        return {row["arch"] for row in csv.DictReader(file)}


def test_the_micro_space_is_that_of_the_benchmark() -> None:
    space = TransNASMicroSpace()
    assert set(space.to_readable(np.arange(len(space), dtype=np.int32))) == published("micro")


def test_the_macro_space_is_that_of_the_benchmark() -> None:
    space = TransNASMacroSpace()
    assert set(space.to_readable(np.arange(len(space), dtype=np.int32))) == published("macro")


def test_macro_neighbours_are_one_edit_away() -> None:
    """By edit distance over all pairs: insertion, removal or substitution of one module."""
    space = TransNASMacroSpace()
    names = space.to_readable(np.arange(len(space), dtype=np.int32))
    modules = [name.split("-")[1] for name in names]
    known = set(modules)
    rng = np.random.default_rng(0)
    for state in rng.integers(len(space), size=100):
        text = modules[state]
        expected = {
            candidate
            for length in (len(text) - 1, len(text), len(text) + 1)
            for candidate in map("".join, product("1234", repeat=length))
            if candidate in known and one_edit(text, candidate)
        }
        shown = space.neighbours(np.array([state], np.int32), 100, None)
        found = {modules[other] for other in shown.architectures[shown.mask]}
        assert found == expected


def one_edit(one: str, other: str) -> bool:
    """Whether a single insertion, removal or substitution leads from one text to the other."""
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(
        long[:place] + long[place + 1 :] == short for place in range(len(long))
    )


@pytest.mark.parametrize("space", [NASBench201Space, TransNASMicroSpace, TransNASMacroSpace])
def test_every_architecture_can_be_drawn_encoded_and_read_back(
    space: type[NASBench201Space],
) -> None:
    made = space()
    some = np.random.default_rng(1).integers(len(made), size=300).astype(np.int32)
    np.testing.assert_array_equal(made.from_readable(made.to_readable(some)), some)
    assert made.encode(some).shape == (300, made.features)
    assert len(np.unique(made.encode(np.arange(len(made), dtype=np.int32)), axis=0)) == len(made)
    for state in some[:50]:
        (cell,) = made.draw(state)
        assert all(source < target for source, target in cell.edges)
        assert max((target for _, target in cell.edges), default=0) < len(cell.labels)
