"""Operations on nodes: what a converted cell looks like, and that it converts back."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.search_spaces_ext.nasbench301 import ops_on_nodes
from naslib_incremental.search_spaces_ext.nasbench301.genotype import from_compact
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from tests.doubles.nasbench301_cells import Cell, as_graph, cells


def word_of(cell: Cell) -> int:
    return int(from_compact([(cell, cell)])[0, 0])


@given(cells())
def test_a_converted_cell_is_the_cell(cell: Cell) -> None:
    adjacency, labels = ops_on_nodes.to_graph(word_of(cell))
    graph = nx.from_numpy_array(adjacency.T, create_using=nx.DiGraph)
    names = ["input 0", "input 1", *range(7), "sum", "output"]
    nx.set_node_attributes(graph, {v: names[label] for v, label in enumerate(labels)}, "label")
    expected = as_graph(cell)
    expected.add_node("output", label="output")
    expected.add_edges_from((node, "output") for node in range(2, 6))
    assert nx.is_isomorphic(graph, expected, node_match=lambda a, b: a["label"] == b["label"])


@given(cells(), st.data())
def test_a_converted_cell_converts_back(cell: Cell, data: st.DataObject) -> None:
    word = word_of(cell)
    adjacency, labels = ops_on_nodes.to_graph(word)
    assert ops_on_nodes.from_graph(adjacency, labels) == word
    # Whatever the numbers of the vertices, as long as the sums keep their order.
    order = np.array(data.draw(st.permutations(range(ops_on_nodes.VERTICES))))
    is_sum = labels[order] == ops_on_nodes.SUM
    order[is_sum] = np.sort(order[is_sum])
    assert ops_on_nodes.from_graph(adjacency[np.ix_(order, order)], labels[order]) == word


def converted() -> tuple[np.ndarray, np.ndarray]:
    cell = ((0, 1), (1, 2), (0, 3), (1, 4), (0, 5), (2, 6), (1, 0), (3, 1))
    return ops_on_nodes.to_graph(word_of(cell))


@pytest.mark.parametrize(
    ("target", "source", "present"),
    [(14, 4, 0), (2, 1, 1), (2, 0, 0), (4, 2, 0), (14, 2, 1), (5, 2, 1)],
)
def test_a_graph_with_other_edges_is_refused(target: int, source: int, present: int) -> None:
    adjacency, labels = converted()
    assert adjacency[target, source] != present
    adjacency[target, source] = present
    with pytest.raises(ValueError, match="expected"):
        ops_on_nodes.from_graph(adjacency, labels)


@pytest.mark.parametrize("vertex", range(15))
def test_a_graph_with_another_kind_of_vertex_is_refused(vertex: int) -> None:
    adjacency, labels = converted()
    labels[vertex] = 3 if labels[vertex] in (0, 1, 9, 10) else 9
    with pytest.raises(ValueError, match="expected"):
        ops_on_nodes.from_graph(adjacency, labels)


def test_a_node_that_reads_itself_is_refused() -> None:
    adjacency, labels = converted()
    adjacency[2] = 0
    adjacency[2, 4] = 1
    with pytest.raises(ValueError, match="two different inputs"):
        ops_on_nodes.from_graph(adjacency, labels)


@given(cells(), cells())
def test_an_encoding_is_both_converted_cells(normal: Cell, reduction: Cell) -> None:
    space = NASBench301Space()
    pair = from_compact([(normal, reduction)])
    encoded = space.encode(pair)[0]
    assert space.features == len(encoded) == 2 * (105 + 15 * 11)
    for half, word in zip(np.split(encoded, 2), pair[0], strict=True):
        adjacency, labels = ops_on_nodes.to_graph(int(word))
        assert np.array_equal(half[:105], adjacency[np.tril_indices(15, -1)])
        assert np.array_equal(half[105:].reshape(15, 11), np.eye(11, dtype=np.uint8)[labels])


def test_batches_of_any_shape_are_encoded_alike() -> None:
    space = NASBench301Space()
    sampled = space.sample(24, np.random.default_rng(0))
    flat = space.encode(sampled)
    assert np.array_equal(space.encode(sampled.reshape(2, 3, 4, 2)), flat.reshape(2, 3, 4, -1))
    assert np.array_equal(space.encode(sampled[::2]), flat[::2])
