"""Three hashes of NAS-Bench-101 cells: known values, invariance, and one class structure."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.search_spaces_ext.nasbench101 import kernels
from naslib_incremental.search_spaces_ext.nasbench101.module_hash import (
    blake2s_module_hash,
    md5_module_hash,
)
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space, word_to_cell
from tests.doubles.nasbench101_data import retrained, run0_cell, run0_columns, run0_words

CELLS = 423_624

# The Inception-like cell of the original README.
INCEPTION = (
    [
        [0, 1, 1, 1, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0, 0],
    ],
    [1, 0, 0, 0, 2],
)


def hash64(adjacency: np.ndarray, operations: list[int]) -> int:
    """The 64-bit hash under any numbering of the vertices that begins and ends as a cell does."""
    sources, targets = np.nonzero(adjacency)
    labels = np.array([0, *(1 + np.array(operations, np.int64)), kernels.OUTPUT])
    scratch = np.empty((3, kernels.MOST_VERTICES), np.uint64)
    return int(kernels.hash_cell(len(labels), len(sources), sources, targets, labels, scratch))


@st.composite
def relabellings(draw: st.DrawFn) -> tuple[np.ndarray, list[int], np.ndarray, list[int]]:
    """A cell of the space, and the same under another numbering of its inner vertices."""
    size = draw(st.integers(2, kernels.MOST_VERTICES))
    shapes = kernels.complete_shapes(size)
    adjacency = np.array(word_to_cell(int(shapes[draw(st.integers(0, len(shapes) - 1))]))[0])
    operations = draw(st.lists(st.integers(0, 2), min_size=size - 2, max_size=size - 2))
    order = [0, *draw(st.permutations(range(1, size - 1))), size - 1]
    renumbered = adjacency[np.ix_(order, order)]
    return adjacency, operations, renumbered, [operations[vertex - 1] for vertex in order[1:-1]]


@given(relabellings())
def test_hashes_do_not_see_the_numbering(
    cells: tuple[np.ndarray, list[int], np.ndarray, list[int]],
) -> None:
    adjacency, operations, renumbered, relabelled = cells
    for function in (hash64, md5_module_hash, blake2s_module_hash):
        assert function(adjacency, operations) == function(renumbered, relabelled)


def test_numpy_integers_hash_like_plain_ones() -> None:
    adjacency, operations = INCEPTION
    plain = md5_module_hash(adjacency, operations)
    assert md5_module_hash(np.array(adjacency), np.array(operations)) == plain


def test_blake2s_hashes_are_32_bytes() -> None:
    assert len(blake2s_module_hash(*INCEPTION)) == 32


def test_the_inception_like_cell_stands_in_its_row() -> None:
    space = NASBench101Space()
    rows = space.index_of(run0_words(run0_columns()))
    text = "/".join("".join(map(str, row)) for row in INCEPTION[0])
    names = "conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3"
    assert space.from_readable([f"{text}|{names}"])[0] == rows[67_206]


def test_md5_of_all_real_cells_ascend() -> None:
    columns = run0_columns()
    hashes = [md5_module_hash(*run0_cell(columns, row)) for row in range(CELLS)]
    assert hashes[0].startswith("00005c142e6f")
    assert all(before < after for before, after in pairwise(hashes))


def test_blake2s_tells_all_real_cells_apart() -> None:
    columns = run0_columns()
    assert len({blake2s_module_hash(*run0_cell(columns, row)) for row in range(CELLS)}) == CELLS


def test_the_64_bit_hash_tells_all_real_cells_apart_and_finds_each() -> None:
    space = NASBench101Space()
    rows = space.index_of(run0_words(run0_columns()))
    assert np.array_equal(np.sort(rows), np.arange(CELLS))


def test_md5_equals_the_hashes_of_the_retrained_cells() -> None:
    table = retrained().drop_duplicates("hash")
    assert len(table) == 91
    columns = run0_columns()
    space = NASBench101Space()
    architectures = space.index_of(run0_words(columns))[table["nb101_row"].to_numpy()]
    assert space.module_hashes(architectures) == table["hash"].tolist()
