"""The memory of searches against a set of pairs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from toy_plugin import ToySpace

from naslib_incremental.mdp.search_memory import SearchMemory
from naslib_incremental.search_spaces_ext.nasbench201 import NASBench201Space
from naslib_incremental.search_spaces_ext.nasbench301 import NASBench301Space

ROUNDS = st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=8), max_size=6)


@given(ROUNDS)
def test_new_is_what_a_search_has_not_asked_for(rounds: list[list[tuple[int, int]]]) -> None:
    memory, seen = SearchMemory(ToySpace(), 4), set()
    for asked in rounds:
        searches, vertices = (np.array([pair[place] for pair in asked], int) for place in (0, 1))
        new = memory.remember(searches, vertices.astype(np.int32))
        for pair, is_new in zip(asked, new.tolist(), strict=True):
            assert is_new == (pair not in seen)
            seen.add(pair)
        every = np.tile(np.arange(10, dtype=np.int32), (4, 1))
        known = memory.knows(np.arange(4), every)
        assert {(s, v) for s, v in np.argwhere(known).tolist()} == seen
        assert memory.knows(np.array([2, 0]), every[:2]).tolist() == known[[2, 0]].tolist()


def test_cells_that_were_trained_apart_are_different_queries() -> None:
    """Two cells of NAS-Bench-201 that compute nothing at all."""
    space = NASBench201Space()
    texts = [f"|none~0|+|none~0|{op}~1|+|none~0|none~1|none~2|" for op in ("none", "skip_connect")]
    cells = space.from_readable(texts)
    assert space.hash(cells)[0] == space.hash(cells)[1]
    memory = SearchMemory(space, 1)
    assert memory.remember(np.zeros(2, np.int64), cells).all()
    assert not memory.remember(np.zeros(2, np.int64), cells).any()


def test_architectures_of_several_words_are_told_apart() -> None:
    space = NASBench301Space()
    pairs = space.sample(6, np.random.default_rng(0)).reshape(2, 3, 2)
    memory = SearchMemory(space, 2)
    memory.remember(np.array([0, 1]), pairs[[0, 1], [1, 2]])
    assert memory.knows(np.array([0, 1]), pairs).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert not memory.knows(np.array([1, 0]), pairs).any()
