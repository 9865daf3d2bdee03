"""NAS-Bench-101 as a whole: its published size, texts, encodings, drawings, pruning."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101 import kernels
from naslib_incremental.search_spaces_ext.nasbench101.space import (
    OPERATIONS,
    NASBench101Space,
    cell_to_word,
    word_to_cell,
)


@pytest.fixture(scope="module")
def space() -> NASBench101Space:
    return NASBench101Space()


def test_the_space_has_its_published_size(space: NASBench101Space) -> None:
    assert len(space) == 423_624
    sizes = np.bincount((space.graph.words >> np.uint64(kernels.SIZE_SHIFT)).astype(np.int64))
    assert sizes.tolist() == [0, 0, 1, 6, 84, 2_441, 62_010, 359_082]


def test_the_search_graph_has_its_known_figures(space: NASBench101Space) -> None:
    offsets, targets = space.graph.offsets, space.graph.targets
    degrees = np.diff(offsets)
    sources = np.repeat(np.arange(len(space)), degrees)
    assert len(targets) == 10_567_988
    assert round(float(degrees.mean()), 4) == 24.9466
    assert degrees.max() == space.max_degree == 85
    assert degrees.min() > 0
    assert not np.any(sources == targets), "a cell neighbours itself"
    forward = sources * len(space) + targets
    assert np.all(np.diff(forward) > 0), "a neighbour is listed twice"
    symmetric = np.isin(targets.astype(np.int64) * len(space) + sources, forward)
    assert round(100 * float(symmetric.mean()), 2) == 64.26


def test_texts_lead_back_to_their_architectures(space: NASBench101Space) -> None:
    architectures = space.sample(2_000, np.random.default_rng(0), "uniform")
    texts = space.to_readable(architectures)
    assert np.array_equal(space.from_readable(texts), architectures)
    assert all("\n" not in text for text in texts)


def test_a_text_shows_the_rows_of_the_adjacency_and_the_operations(space: NASBench101Space) -> None:
    text = "0110/0001/0001/0000|conv3x3-bn-relu,maxpool3x3"
    index = space.from_readable([text])
    [drawing] = space.draw(index[0])
    assert sorted(drawing.labels) == ["conv3x3-bn-relu", "input", "maxpool3x3", "output"]
    assert sorted(drawing.edges) == [(0, 1), (0, 2), (1, 3), (2, 3)]
    # The two orders of the inner vertices are one cell.
    mirrored = "0110/0001/0001/0000|maxpool3x3,conv3x3-bn-relu"
    assert space.from_readable([mirrored]) == index


def test_dangling_vertices_of_a_text_are_dropped(space: NASBench101Space) -> None:
    dangling = "0110/0001/0000/0000|maxpool3x3,conv1x1-bn-relu"
    assert space.from_readable([dangling]) == space.from_readable(["010/001/000|maxpool3x3"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "2 to 7 rows"),
        ("0", "2 to 7 rows"),
        ("00/00", "a path from input to output"),
        ("01/10", "all 0 up to the diagonal"),
        ("01/0", "2 digits"),
        ("010/001/000|conv5x5", "1 operations"),
        ("010/001/000", "1 operations"),
        ("01/00|conv3x3-bn-relu", "0 operations"),
        ("01111/00111/00011/00001/00000|" + ",".join(["maxpool3x3"] * 3), "at most nine edges"),
    ],
)
def test_a_text_that_is_no_cell_is_refused(space: NASBench101Space, text: str, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        space.from_readable([text])


def test_encodings_hold_the_whole_cell(space: NASBench101Space) -> None:
    assert space.features == 21 + 7 * 5
    architectures = space.sample(500, np.random.default_rng(1), "uniform")
    for index, encoded in zip(architectures, space.encode(architectures), strict=True):
        adjacency, operations = word_to_cell(int(space.graph.words[index]))
        lower = np.zeros((7, 7), np.int64)
        lower[np.tril_indices(7, -1)] = encoded[:21]
        one_hot = encoded[21:].reshape(7, 5)
        size = len(adjacency)
        assert np.array_equal(lower[:size, :size].T, adjacency)
        assert encoded[:21].sum() == np.sum(adjacency)
        assert np.all(one_hot.sum(axis=1) == (np.arange(7) < size))
        assert one_hot[:size].argmax(axis=1).tolist() == [0, *(1 + np.array(operations)), 4]


@st.composite
def labelled_matrices(draw: st.DrawFn) -> tuple[np.ndarray, list[int]]:
    """Any upper-triangular adjacency of up to seven vertices, cell or not."""
    size = draw(st.integers(2, 7))
    upper = draw(st.lists(st.booleans(), min_size=21, max_size=21))
    matrix = np.zeros((size, size), np.int64)
    matrix[np.triu_indices(size, 1)] = upper[: size * (size - 1) // 2]
    operations = st.lists(st.integers(0, 2), min_size=size - 2, max_size=size - 2)
    return matrix, draw(operations)


@given(labelled_matrices())
def test_pruning_keeps_what_lies_between_input_and_output(
    cell: tuple[np.ndarray, list[int]],
) -> None:
    matrix, operations = cell
    graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    last = len(matrix) - 1
    between = (nx.descendants(graph, 0) | {0}) & (nx.ancestors(graph, last) | {last})
    kept = sorted(between)
    word = cell_to_word(matrix, operations)
    if {0, last} <= between and matrix[np.ix_(kept, kept)].sum() <= 9:
        adjacency, labels = word_to_cell(word)
        assert np.array_equal(adjacency, matrix[np.ix_(kept, kept)])
        assert labels == [operations[vertex - 1] for vertex in kept[1:-1]]
    else:
        assert word == kernels.NO_CELL


def test_operations_stand_in_the_original_order() -> None:
    assert OPERATIONS == ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
