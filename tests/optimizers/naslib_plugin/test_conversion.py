"""Architectures survive being written for NASLib and read back."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.naslib.conversion import (
    CONVERSIONS,
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
        spec(matrix=np.triu(np.full((3, 3), 0.5), 1)),
        spec(matrix=2 * np.eye(3, k=1, dtype=int)),
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


def nasbench201_string(op_indices: list[int]) -> str:
    """As the benchmark writes cells; edges and operations in the order of NASLib's code."""
    operations = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]
    edges = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    of_edge = {edge: operations[n] for edge, n in zip(edges, op_indices, strict=True)}
    return "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(
        *(of_edge[source, target] for target in (2, 3, 4) for source in range(1, target))
    )


STRINGS = {
    "nasbench201": nasbench201_string,
    "transbench101_micro": lambda spec: "64-41414-{}_{}{}_{}{}{}".format(*spec),
    "transbench101_macro": lambda spec: f"64-{''.join(str(n) for n in spec if n)}-basic",
}


@pytest.mark.parametrize("kind", STRINGS)
def test_further_spaces_survive(kind: str) -> None:
    """Every architecture, by the string that its benchmark knows it by."""
    conversion = CONVERSIONS[kind]()
    space: Any = conversion.space
    everything = np.arange(len(space), dtype=np.int32)
    names = space.to_readable(everything)
    for architecture, name in zip(everything[::7], names[::7], strict=True):
        spec = conversion.to_spec(architecture)
        assert STRINGS[kind](spec) == name
        assert len(spec) == 6
        assert conversion.from_spec(spec) == architecture
        assert conversion.from_spec(tuple(int(number) for number in spec)) == architecture


@pytest.mark.parametrize("kind", STRINGS)
@pytest.mark.parametrize("wrong", [None, 3, [], [0] * 5, [0] * 7, [9] * 6, [1.5] * 6, ["x"] * 6])
def test_what_is_no_spec_is_refused(kind: str, wrong: Any) -> None:
    with pytest.raises(UserError, match="a spec of ") as caught:
        CONVERSIONS[kind]().from_spec(wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "dataset", "scale", "metric"),
    [
        ("nasbench201", "cifar100", 100, "accuracy"),
        ("transbench101_micro", "class_object", 100, "accuracy"),
        ("transbench101_micro", "room_layout", 1, "negative L2 loss"),
        ("transbench101_macro", "normal", 1, "SSIM"),
    ],
)
def test_answers_in_per_cent_and_others(kind: str, dataset: str, scale: float, metric: str) -> None:
    measured = CONVERSIONS[kind]().measured(dataset)
    assert (measured.scale, measured.metric.name) == (scale, metric)


def test_a_data_set_that_was_not_measured() -> None:
    with pytest.raises(UserError, match=r"a task of TransNAS-Bench-101, .*; got 'svhn'"):
        CONVERSIONS["transbench101_micro"]().measured("svhn")
