"""Architectures survive being written for NASLib and read back."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.naslib.conversion import (
    NASBench101Conversion,
    NASBench301Conversion,
)

CELLS = NASBench101Conversion()
PAIRS = NASBench301Conversion()


def test_cells_survive() -> None:
    for index in CELLS.space.sample(1_000, np.random.default_rng(0)):
        spec = CELLS.to_spec(index)
        assert spec["matrix"].shape == (7, 7)
        assert not np.tril(spec["matrix"]).any()
        assert [type(name) for name in spec["ops"]] == [str] * 7
        assert (spec["ops"][0], spec["ops"][-1]) == ("input", "output")
        assert CELLS.from_spec(spec) == index


def test_the_smallest_cell() -> None:
    matrix = CELLS.to_spec(CELLS.space.from_readable(["01/00|"])[0])["matrix"]
    assert matrix[0, 6] == matrix.sum() == 1


def test_all_ways_to_write_a_cell_are_one_architecture() -> None:
    """Inner vertices of a cell in any order that keeps it upper triangular, and needless ones."""
    edges = {(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)}
    labels = ["conv3x3-bn-relu", "maxpool3x3", "conv1x1-bn-relu"]
    found = set()
    for places in permutations([1, 2, 3, 4, 5], 3):
        at = [0, *places, 6]
        moved = [(at[source], at[target]) for source, target in edges]
        if all(source < target for source, target in moved):
            matrix = np.zeros((7, 7), np.int8)
            for edge in moved:
                matrix[edge] = 1
            ops = ["input", *["maxpool3x3"] * 5, "output"]
            for place, label in zip(places, labels, strict=True):
                ops[place] = label
            found.add(int(CELLS.from_spec({"matrix": matrix, "ops": ops})))
    assert len(found) == 1


def spec(**changes: Any) -> dict[str, Any]:
    matrix = np.zeros((3, 3), int)
    matrix[0, 1] = matrix[1, 2] = 1
    return {"matrix": matrix, "ops": ["input", "maxpool3x3", "output"], **changes}


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        spec(matrix=np.zeros((3, 3), int)),
        spec(matrix=np.ones((3, 3), int)),
        spec(matrix=np.triu(np.ones((7, 7), int), 1), ops=["input", *["maxpool3x3"] * 5, "output"]),
        spec(ops=["input", "nonsense", "output"]),
        spec(ops=["input", "output"]),
        spec(ops=3),
    ],
)
def test_what_is_no_cell_is_refused(wrong: dict[str, Any]) -> None:
    assert CELLS.from_spec(spec()) >= 0
    with pytest.raises(UserError, match="a spec of NAS-Bench-101"):
        CELLS.from_spec(wrong)


def test_pairs_survive_in_any_numbering() -> None:
    for pair in PAIRS.space.sample(1_000, np.random.default_rng(0)):
        compact = PAIRS.to_spec(pair)
        flat = [number for cell in compact for edge in cell for number in edge]
        assert len(flat) == 32
        assert {type(number) for number in flat} == {int}
        np.testing.assert_array_equal(PAIRS.from_spec(compact), pair)


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(UserError, match="DARTS"):
        PAIRS.from_spec([[(0, 0)] * 8] * 2)
