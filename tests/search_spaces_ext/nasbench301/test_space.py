"""DARTS architectures: packed words, canonical form, neighbours, texts, drawings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench301 import kernels
from naslib_incremental.search_spaces_ext.nasbench301.genotype import from_compact, to_compact
from naslib_incremental.search_spaces_ext.nasbench301.space import (
    NASBench301SingleSpace,
    NASBench301Space,
)
from tests.doubles.nasbench301_cells import Cell, cells, changes, isomorphic, renumberings

SPACE = NASBench301Space()
SINGLE = NASBench301SingleSpace()


def words(*pairs: tuple[Cell, Cell]) -> np.ndarray:
    return from_compact(list(pairs))


def canonical_cell(cell: Cell) -> int:
    return int(SPACE.canonical(words((cell, cell)))[0, 0])


@given(cells())
def test_packing_keeps_every_edge(cell: Cell) -> None:
    normal, reduction = to_compact(words((cell, cell))[0])
    assert normal == reduction
    for node in range(4):
        assert {*normal[2 * node : 2 * node + 2]} == {*cell[2 * node : 2 * node + 2]}


@given(cells())
def test_all_numberings_have_the_canonical_form_of_their_cell(cell: Cell) -> None:
    numbered = renumberings(cell)
    assert {canonical_cell(other) for other in numbered} == {canonical_cell(cell)}
    # It is one of them, so that nothing but the numbering changes.
    back = to_compact(SPACE.canonical(words((cell, cell)))[0])[0]
    assert back in numbered


@settings(max_examples=30)
@given(cells(), st.data())
def test_canonical_forms_are_equal_exactly_for_isomorphic_cells(
    cell: Cell, data: st.DataObject
) -> None:
    near = data.draw(st.sampled_from([*changes(cell), *renumberings(cell)]))
    near = data.draw(st.sampled_from([near, *changes(near)]))
    assert (canonical_cell(cell) == canonical_cell(near)) == isomorphic(cell, near)


@given(cells(), cells())
def test_hashes_are_equal_exactly_for_isomorphic_architectures(one: Cell, other: Cell) -> None:
    pairs = words((one, other), (renumberings(one)[-1], other), (other, one), (other, other))
    hashes = SPACE.hash(pairs)
    assert hashes[0] == hashes[1]
    forms = [tuple(pair) for pair in SPACE.canonical(pairs)]
    for row in range(2, 4):
        assert (hashes[row] == hashes[0]) == (forms[row] == forms[0])


def test_ranks_number_the_genotypes_of_a_cell() -> None:
    sampled = SPACE.sample(50_000, np.random.default_rng(0)).reshape(-1)
    ranks = kernels.rank_words(sampled)
    assert len(np.unique(ranks)) == len(np.unique(sampled))
    assert ranks.max() < kernels.RAW_CELLS == 1_037_664_180
    first = (*[(0, 0), (1, 0)] * 4,)
    last = (*[(k + 1 - i, 6) for k in range(4) for i in (1, 0)],)
    assert kernels.rank_words(words((first, last))[0]).tolist() == [0, kernels.RAW_CELLS - 1]


def cell_neighbours(cell: Cell) -> set[int]:
    """By brute force: all changes of the canonical cell, isomorphic ones once, itself excluded."""
    canonical = to_compact(SPACE.canonical(words((cell, cell)))[0])[0]
    edited = changes(canonical)
    assert len(edited) == 60
    return {canonical_cell(other) for other in edited} - {canonical_cell(cell)}


@settings(max_examples=25)
@given(cells(), cells())
def test_neighbours_are_all_pairs_of_changed_cells(normal: Cell, reduction: Cell) -> None:
    architecture = words((normal, reduction))
    expected = {(n, r) for n in cell_neighbours(normal) for r in cell_neighbours(reduction)}
    for rng in (None, np.random.default_rng(0)):
        found = SPACE.neighbours(architecture, 5_000, rng)
        assert found.mask.shape == (1, SPACE.max_degree) == (1, 3_600)
        presented = [tuple(pair) for pair in found.architectures[found.mask].tolist()]
        assert len(presented) == len(expected) == SPACE.degree(architecture)[0]
        assert set(presented) == expected


@settings(max_examples=25)
@given(cells(), cells())
def test_single_neighbours_change_one_cell(normal: Cell, reduction: Cell) -> None:
    architecture = words((normal, reduction))
    own = tuple(SPACE.canonical(architecture)[0].tolist())
    expected = {(n, own[1]) for n in cell_neighbours(normal)}
    expected |= {(own[0], r) for r in cell_neighbours(reduction)}
    found = SINGLE.neighbours(architecture, 5_000, np.random.default_rng(0))
    assert found.mask.shape == (1, SINGLE.max_degree) == (1, 120)
    presented = [tuple(pair) for pair in found.architectures[found.mask].tolist()]
    assert len(presented) == len(expected) == SINGLE.degree(architecture)[0]
    assert set(presented) == expected


def test_random_cells_have_as_many_neighbours_as_the_docs_say() -> None:
    sampled = SPACE.sample(200_000, np.random.default_rng(0))
    assert round(float(SINGLE.degree(sampled).mean()) / 2, 1) == 59.9
    assert abs(float(SPACE.degree(sampled).mean()) - 3_589) < 2
    assert SPACE.degree(sampled).max() == 60 * 60


@pytest.mark.parametrize("space", [SPACE, SINGLE], ids=lambda space: space.name)
def test_isomorphic_architectures_have_the_same_neighbours(space: NASBench301Space) -> None:
    cell = ((0, 1), (1, 2), (0, 3), (1, 4), (0, 5), (2, 6), (1, 0), (3, 1))
    numbered = renumberings(cell)
    assert len(numbered) > 3
    pairs = words(*((other, other) for other in numbered))
    first = space.neighbours(pairs[:1], 100, None).architectures[0]
    assert np.array_equal(
        space.neighbours(pairs, 100, None).architectures[:, : len(first)],
        np.broadcast_to(first, (len(pairs), *first.shape)),
    )


@pytest.mark.parametrize("space", [SPACE, SINGLE], ids=lambda space: space.name)
def test_a_subset_is_seeded_and_uniform(space: NASBench301Space) -> None:
    architecture = space.sample(1, np.random.default_rng(3))
    degree = int(space.degree(architecture)[0])
    asked = np.repeat(architecture, 20 * degree, axis=0)
    sampled = space.neighbours(asked, 2, np.random.default_rng(1)).architectures
    again = space.neighbours(asked, 2, np.random.default_rng(1)).architectures
    assert np.array_equal(sampled, again)
    assert not np.any(np.all(sampled[:, 0] == sampled[:, 1], axis=-1)), "one neighbour twice"
    for slot in range(2):
        counts = np.unique(space.hash(sampled[:, slot]), return_counts=True)[1]
        counts = np.pad(counts, (0, degree - len(counts)))
        assert stats.chisquare(counts).pvalue > 1e-4


def test_the_first_neighbours_in_the_fixed_order_change_both_cells() -> None:
    pairs = SPACE.sample(50, np.random.default_rng(2))
    shown = SPACE.neighbours(pairs, 50, None).architectures
    for cell in range(2):
        different = [len(np.unique(row)) for row in shown[..., cell]]
        assert min(different) >= 30


def test_samples_are_canonical_and_every_choice_is_equally_frequent() -> None:
    sampled = SPACE.sample(20_000, np.random.default_rng(4))
    assert sampled.shape == (20_000, *SPACE.architecture_shape)
    assert sampled.dtype == SPACE.dtype
    assert np.array_equal(sampled, SPACE.canonical(sampled))
    assert np.array_equal(sampled, SPACE.sample(20_000, np.random.default_rng(4), "uniform"))
    inputs, operations = kernels.unpack_cells(sampled)
    assert stats.chisquare(np.bincount(operations.reshape(-1))).pvalue > 1e-4
    # Of two nodes on the two inputs of the cell, either may stand first; 2 of 3 pairs read node 0.
    reads_node = (inputs[..., 2:4] == 2).any(axis=-1).mean()
    assert 0.3 < reads_node < 2 / 3


def test_another_sampler_is_refused() -> None:
    with pytest.raises(UserError, match="uniform"):
        SPACE.sample(1, np.random.default_rng(0), "paper")


@given(cells(), cells())
def test_texts_lead_back_to_the_same_numbering(normal: Cell, reduction: Cell) -> None:
    pair = words((normal, reduction))
    [text] = SPACE.to_readable(pair)
    assert np.array_equal(SPACE.from_readable([text]), pair)
    assert "\n" not in text


def test_a_text_shows_operations_and_inputs() -> None:
    cell = ((1, 4), (0, 2), (0, 0), (2, 1), (0, 3), (1, 5), (4, 6), (3, 6))
    [text] = SPACE.to_readable(words((cell, cell)))
    assert text.split("|")[0] == (
        "skip_connect@0+sep_conv_5x5@1/max_pool_3x3@0+avg_pool_3x3@2/"
        "sep_conv_3x3@0+dil_conv_3x3@1/dil_conv_5x5@3+dil_conv_5x5@4"
    )


WHOLE = "skip_connect@0+skip_connect@1/" * 3 + "skip_connect@0+skip_connect@1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        WHOLE,
        f"{WHOLE}|{WHOLE}|{WHOLE}",
        f"{WHOLE}|{WHOLE}/skip_connect@0+skip_connect@1",
        f"{WHOLE}|{WHOLE}".replace("skip_connect", "none", 1),
        f"{WHOLE}|{WHOLE}".replace("@1", "@0", 1),
        f"{WHOLE}|{WHOLE}".replace("@1", "@2", 1),
        f"{WHOLE}|{WHOLE}".replace("@1", "@7", 1),
        f"{WHOLE}|{WHOLE}".replace("+skip_connect@1", "", 1),
    ],
)
def test_a_text_that_is_no_architecture_is_one_line(text: str) -> None:
    with pytest.raises(UserError) as raised:
        SPACE.from_readable([text])
    assert "\n" not in str(raised.value)


def test_no_architectures_are_no_problem() -> None:
    none = SPACE.from_readable([])
    assert none.shape == (0, 2)
    assert SPACE.to_readable(none) == []
    assert SPACE.neighbours(none, 5, np.random.default_rng(0)).mask.shape == (0, 5)
    assert SPACE.encode(none).shape == (0, SPACE.features)


def test_a_drawing_has_both_cells_with_operations_on_nodes() -> None:
    architecture = SPACE.sample(1, np.random.default_rng(5))[0]
    normal, reduction = SPACE.draw(architecture)
    assert (normal.name, reduction.name) == ("normal", "reduction")
    for drawing in (normal, reduction):
        assert len(drawing.labels) == 15
        assert len(drawing.edges) == 8 + 8 + 4
        assert all(source < target for source, target in drawing.edges)
