"""DARTS architectures in the forms of DARTS, NASLib and the official surrogates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench301.genotype import (
    OPERATIONS,
    Genotype,
    from_compact,
    from_features,
    from_genotype,
    to_compact,
    to_features,
    to_genotype,
)
from tests.doubles.nasbench301_cells import Cell, cells
from tests.doubles.nasbench301_data import official_predictions

DARTS_V2 = Genotype(
    normal=[
        ("sep_conv_3x3", 0),
        ("sep_conv_3x3", 1),
        ("sep_conv_3x3", 0),
        ("sep_conv_3x3", 1),
        ("sep_conv_3x3", 1),
        ("skip_connect", 0),
        ("skip_connect", 0),
        ("dil_conv_3x3", 2),
    ],
    normal_concat=[2, 3, 4, 5],
    reduce=[
        ("max_pool_3x3", 0),
        ("max_pool_3x3", 1),
        ("skip_connect", 2),
        ("max_pool_3x3", 1),
        ("max_pool_3x3", 0),
        ("skip_connect", 2),
        ("skip_connect", 2),
        ("max_pool_3x3", 1),
    ],
    reduce_concat=[2, 3, 4, 5],
)


def sorted_pairs(edges: list[Any]) -> list[set[Any]]:
    return [{*map(tuple, edges[2 * node : 2 * node + 2])} for node in range(4)]


def test_a_published_genotype_comes_back() -> None:
    back = to_genotype(from_genotype(DARTS_V2))
    assert sorted_pairs(back.normal) == sorted_pairs(DARTS_V2.normal)
    assert sorted_pairs(back.reduce) == sorted_pairs(DARTS_V2.reduce)
    assert back.normal_concat == back.reduce_concat == [2, 3, 4, 5]


@given(cells(), cells())
def test_every_form_leads_back(normal: Cell, reduction: Cell) -> None:
    [architecture] = pair = from_compact([(normal, reduction)])
    assert np.array_equal(from_compact([to_compact(architecture)]), pair)
    foreign = SimpleNamespace(**to_genotype(architecture)._asdict())
    assert np.array_equal(from_genotype(foreign), architecture)
    assert np.array_equal(from_features(to_features(pair)), pair)


# As the surrogates' own documentation lists them.
EDGES = [*range(32, 44)], [*range(44, 56)]
SORTED_EDGES = [10, 11, 12, 13, 2, 3, 4, 5, 6, 7, 8, 9]
CONSTANTS = {
    0: 0.5863451791322553,
    4: 0.16666444442962952,
    5: 0.3099999239999697,
    14: 0.003149999006299998,
    21: 0.000749999001499998,
    24: -3.6888794541139363,
    25: 0.8988764044943821,
    26: -8.111728083308073,
    27: 0.009949999019899998,
    28: 1e-12,
    31: 0.7051278400653053,
}


def described(normal: Cell, reduction: Cell) -> np.ndarray:
    """The 56 features, written down name by name."""
    row = np.zeros(56)
    for column, value in CONSTANTS.items():
        row[column] = value
    for cell, first, columns, pairs in (
        (normal, (10, 11), EDGES[0], (15, 16, 17)),
        (reduction, (12, 13), EDGES[1], (18, 19, 20)),
    ):
        column_of = dict(zip((0, 1), first, strict=True))
        column_of |= dict(zip(SORTED_EDGES, columns, strict=True))
        row[list(column_of.values())] = -1
        for edge, (source, operation) in enumerate(cell):
            row[column_of[(0, 2, 5, 9)[edge // 2] + source]] = operation
        for node in (1, 2, 3):
            inputs = range(node + 2)
            choices = [f"{low}_{high}" for low in inputs for high in inputs if low < high]
            low, high = sorted(source for source, _ in cell[2 * node : 2 * node + 2])
            row[pairs[node - 1]] = choices.index(f"{low}_{high}")
    return row.astype(np.float32)


@given(cells(), cells())
def test_features_are_as_described(normal: Cell, reduction: Cell) -> None:
    features = to_features(from_compact([(normal, reduction)]))
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features[0], described(normal, reduction))


def test_the_architectures_with_official_predictions_are_read() -> None:
    compacts, _ = official_predictions()
    pairs = from_compact(compacts)
    for compact, architecture in zip(compacts, pairs, strict=True):
        for given_cell, cell in zip(compact, to_compact(architecture), strict=True):
            assert sorted_pairs(given_cell) == sorted_pairs(list(cell))
    assert np.array_equal(from_features(to_features(pairs)), pairs)


def altered(**fields: Any) -> Any:
    return DARTS_V2._replace(**fields)


@pytest.mark.parametrize(
    "genotype",
    [
        None,
        "Genotype",
        altered(normal=DARTS_V2.normal[:6]),
        altered(normal=[("none", 0), *DARTS_V2.normal[1:]]),
        altered(normal=[("sep_conv_3x3", 1), *DARTS_V2.normal[1:]]),
        altered(reduce=[("sep_conv_3x3", 2), *DARTS_V2.reduce[1:]]),
        altered(reduce=[("sep_conv_3x3", "0"), *DARTS_V2.reduce[1:]]),
        altered(reduce=[("sep_conv_3x3", -1), *DARTS_V2.reduce[1:]]),
        altered(normal=[("sep_conv_3x3", 1 << 70), *DARTS_V2.normal[1:]]),
        altered(normal_concat=[4, 5]),
        altered(reduce_concat=None),
    ],
)
def test_an_invalid_genotype_is_one_line(genotype: Any) -> None:
    with pytest.raises(UserError, match="a DARTS architecture") as raised:
        from_genotype(genotype)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("column", [0, 10, 15, 24, 32, 55])
def test_features_of_no_architecture_are_one_line(column: int) -> None:
    features = to_features(from_genotype(DARTS_V2)[None])
    features[0, column] = 9
    with pytest.raises(UserError, match="56 features") as raised:
        from_features(features)
    assert "\n" not in str(raised.value)


def test_operations_stand_in_the_official_order() -> None:
    assert OPERATIONS == (
        "max_pool_3x3",
        "avg_pool_3x3",
        "skip_connect",
        "sep_conv_3x3",
        "sep_conv_5x5",
        "dil_conv_3x3",
        "dil_conv_5x5",
    )
