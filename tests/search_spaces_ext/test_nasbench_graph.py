"""NAS-Bench-Graph cells against the package's own hash, and against graphs compared by networkx."""

from __future__ import annotations

from itertools import product
from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nas_bench_graph import Arch, all_archs, gnn_list, gnn_list_proteins, link_list

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext import nasbench_graph
from naslib_incremental.search_spaces_ext.nasbench_graph import (
    NASBenchGraphProteinsSpace,
    NASBenchGraphSpace,
)

INPUTS = [(0, b, c, d) for b in range(2) for c in range(3) for d in range(4)]
RAW_CELLS = st.tuples(
    st.sampled_from(INPUTS), st.lists(st.integers(0, 8), min_size=4, max_size=4)
).filter(lambda cell: set(cell[1]) != {8})


@pytest.fixture(scope="module")
def space() -> NASBenchGraphSpace:
    return NASBenchGraphSpace()


def package_hash(inputs: tuple[int, ...], operations: tuple[int, ...]) -> int:
    names = [gnn_list[operation] for operation in operations]
    return Arch(list(inputs), names).valid_hash()


def test_keys_equal_the_packages_hash_for_every_cell_that_can_be_written() -> None:
    cells = [(i, o) for i in INPUTS for o in product(range(9), repeat=4)]
    keys = nasbench_graph.canonical_keys(
        np.array([i for i, _ in cells], np.int64), np.array([o for _, o in cells], np.int64)
    )
    assert keys.tolist() == [package_hash(*cell) for cell in cells]


def test_enumeration_is_the_packages_list_of_architectures(space: NASBenchGraphSpace) -> None:
    listed = {arch.valid_hash() for arch in all_archs()}
    assert set(space.graph.words.tolist()) == listed
    assert len(space) == 26_206


def test_proteins_are_the_cells_over_its_five_operations(space: NASBenchGraphSpace) -> None:
    proteins = NASBenchGraphProteinsSpace()
    allowed = {gnn_list.index(name) for name in gnn_list_proteins}
    words = space.graph.words
    narrow = np.isin(nasbench_graph.unpack(words)[1], list(allowed)).all(axis=1)
    assert proteins.graph.words.tolist() == words[narrow].tolist()


def brute_force_neighbours(key: int) -> set[int]:
    digits = [int(digit) for digit in f"{key:05d}"]
    inputs, operations = link_list[digits[0]], digits[1:]
    found = set()
    for node in range(4):
        for operation in range(9):
            changed = [*operations[:node], operation, *operations[node + 1 :]]
            found.add(package_hash(tuple(inputs), tuple(changed)))
        for source in range(node + 1):
            rewired = [*inputs[:node], source, *inputs[node + 1 :]]
            found.add(package_hash(tuple(rewired), tuple(operations)))
    return found - {key, 88_888}


def test_neighbours_equal_brute_force_on_the_packages_hash(space: NASBenchGraphSpace) -> None:
    states = np.random.default_rng(0).choice(len(space), 600, replace=False).astype(np.int32)
    shown = space.neighbours(states, 50, np.random.default_rng(1))
    for row, state in enumerate(states):
        keys = space.hash(shown.architectures[row][shown.mask[row]]).tolist()
        assert len(keys) == len(set(keys))
        assert set(keys) == brute_force_neighbours(int(space.graph.keys[state]))


def test_mean_and_largest_degree(space: NASBenchGraphSpace) -> None:
    degrees = space.degree(np.arange(len(space), dtype=np.int32))
    assert degrees.mean() == pytest.approx(36.3, abs=0.05)
    assert degrees.max() == space.max_degree == 38


@given(RAW_CELLS, st.randoms(use_true_random=False))
def test_key_is_invariant_under_relabelling(
    cell: tuple[tuple[int, ...], list[int]], random: Random
) -> None:
    inputs, operations = cell
    tree = nx.DiGraph([(source, node + 1) for node, source in enumerate(inputs)])
    orders = list(nx.all_topological_sorts(tree))
    order = random.choice(orders)
    label = {node: place for place, node in enumerate(order)}
    relabelled = [label[inputs[node - 1]] for node in order[1:]]
    moved = [operations[node - 1] for node in order[1:]]
    keys = nasbench_graph.canonical_keys(
        np.array([inputs, relabelled], np.int64), np.array([operations, moved], np.int64)
    )
    assert keys[0] == keys[1]


@given(RAW_CELLS)
def test_readable_form_is_read_back(cell: tuple[tuple[int, ...], list[int]]) -> None:
    space = NASBenchGraphSpace()
    inputs, operations = cell
    text = ",".join(map(str, inputs)) + "|" + ",".join(gnn_list[o] for o in operations)
    [state] = space.from_readable([text])
    [canonical] = space.to_readable(np.array([state]))
    assert space.from_readable([canonical]) == state
    assert space.graph.keys[state] == package_hash(inputs, tuple(operations))


@pytest.mark.parametrize(
    "text", ["", "0,0,0,0", "0,2,0,0|gat,gat,gat,gat", "0,0,0,0|gat,gat,gat", "0,0,0,0|a,b,c,d",
             "0,0,0,0|skip,skip,skip,skip", "x,0,0,0|gat,gat,gat,gat"],
)  # fmt: skip
def test_unreadable_texts_say_what_is_expected(space: NASBenchGraphSpace, text: str) -> None:
    with pytest.raises(UserError, match="expected an architecture of nasbench_graph such as"):
        space.from_readable([text])


def test_encodings_are_distinct_and_decode_to_the_cell(space: NASBenchGraphSpace) -> None:
    states = np.arange(len(space), dtype=np.int32)
    encoded = space.encode(states)
    assert len(np.unique(encoded, axis=0)) == len(space)
    for state in states[::97]:
        [drawing] = space.draw(state)
        labels = encoded[state, 15:].reshape(6, 11)
        lower = np.zeros((6, 6), int)
        lower[np.tril_indices(6, -1)] = encoded[state, :15]
        names = ["input", *gnn_list, "output"]
        present = labels.any(axis=1)
        assert tuple(names[label] for label in labels[present].argmax(axis=1)) == drawing.labels
        assert {(s, t) for t, s in np.argwhere(lower)} == set(drawing.edges)


def test_every_vertex_of_a_drawn_cell_lies_between_input_and_output(
    space: NASBenchGraphSpace,
) -> None:
    for state in range(0, len(space), 131):
        [drawing] = space.draw(np.int32(state))
        graph = nx.DiGraph(drawing.edges)
        output = len(drawing.labels) - 1
        assert nx.descendants(graph, 0) | {0} == set(range(output + 1))
        assert nx.ancestors(graph, output) | {output} == set(range(output + 1))
