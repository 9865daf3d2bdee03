"""From trainings to a table over the whole space; the compact file."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.benchmarks.nasbench101.trainings import Trainings, read_compact, tabulate
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.kernels import hash_words
from naslib_incremental.search_spaces_ext.nasbench101.space import cells_of_size

SOURCE = Path("some.tfrecord")
BUDGETS = (4, 12, 108)
REPEATS = 3


@pytest.fixture
def words() -> np.ndarray:
    """Representatives by ascending key, as in a search graph."""
    words = np.concatenate([cells_of_size(size) for size in (2, 3, 4)])
    return words[np.argsort(hash_words(words))]


@pytest.fixture
def trainings(words: np.ndarray) -> Trainings:
    """Trainings whose test accuracy tells cell, budget and repeat; cells in a random order."""
    order = np.random.default_rng(0).permutation(len(words))
    cell, budget, repeat = (
        grid.reshape(-1)
        for grid in np.meshgrid(order, range(len(BUDGETS)), range(REPEATS), indexing="ij")
    )
    test = cell + budget / 10 + repeat / 100
    return Trainings(words[cell], np.array(BUDGETS)[budget], test + 1000, test, -test, 7 * cell)


def keep(trainings: Trainings, rows: np.ndarray) -> Trainings:
    return Trainings(
        **{item.name: getattr(trainings, item.name)[rows] for item in fields(Trainings)}
    )


def test_a_table_has_cells_in_the_order_of_the_space(
    words: np.ndarray, trainings: Trainings
) -> None:
    table = tabulate(trainings, hash_words(words), SOURCE)
    cell, budget, repeat = np.indices((len(words), len(BUDGETS), REPEATS))
    expected = cell + budget / 10 + repeat / 100
    assert table["epochs"].tolist() == list(BUDGETS)
    assert np.array_equal(table["test"], expected)
    assert np.array_equal(table["validation"], expected + 1000)
    assert np.array_equal(table["training_seconds"], -expected)
    assert np.array_equal(table["parameters"], 7 * np.arange(len(words)))


def test_columns_that_a_file_lacks_are_left_out(words: np.ndarray, trainings: Trainings) -> None:
    bare = replace(trainings, validation=None, training_seconds=None)
    assert tabulate(bare, hash_words(words), SOURCE).keys() == {"epochs", "test", "parameters"}


def test_missing_cells_and_uneven_repeats_are_refused(
    words: np.ndarray, trainings: Trainings
) -> None:
    everything = np.arange(len(trainings.words))
    per_cell = len(BUDGETS) * REPEATS
    for rows in (
        everything[:0],
        everything[1:],
        everything[per_cell:],
        np.r_[everything, everything[:per_cell]],
        np.r_[everything[:-per_cell], everything[:per_cell]],
    ):
        with pytest.raises(UserError, match="all 91 cells"):
            tabulate(keep(trainings, rows), hash_words(words), SOURCE)


def test_uneven_budgets_are_refused(words: np.ndarray, trainings: Trainings) -> None:
    trainings.epochs[0] = BUDGETS[-1]
    with pytest.raises(UserError, match="all 91 cells"):
        tabulate(trainings, hash_words(words), SOURCE)


@pytest.mark.parametrize("size", [0, 5])
def test_what_is_no_cell_of_the_space_is_refused(
    words: np.ndarray, trainings: Trainings, size: int
) -> None:
    trainings.words[11] = cells_of_size(size)[0] if size else 0
    with pytest.raises(UserError, match="another in training 11"):
        tabulate(trainings, hash_words(words), SOURCE)


COMPACT = {
    "n_vertices": np.array([2, 3], np.uint8),
    "edge_bits": np.array([0b1, 0b101], np.uint32),
    "ops": np.array([[255] * 5, [2, 255, 255, 255, 255]], np.uint8),
    "test_acc_x9984": np.array([9197, 4992], np.uint16),
    "trainable_parameters": np.array([10, 20], np.uint32),
}


def test_the_compact_file_is_read_exactly(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez_compressed(path, **COMPACT)
    trainings = read_compact(path)
    # An edge input -> output; a chain over a max-pooling.
    chain = 0b101 | 2 << 21 | 3 << 31
    assert trainings.words.tolist() == [1 | 2 << 31, chain]
    assert trainings.test.tolist() == [9197 / 9984, 0.5]
    assert trainings.validation is None
    assert trainings.training_seconds is None
    assert trainings.parameters.tolist() == [10, 20]
    assert trainings.epochs.tolist() == [108, 108]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("n_vertices", [2, 8]),
        ("n_vertices", [1, 3]),
        ("edge_bits", [0b11, 0b101]),
        ("edge_bits", [0b0, 0b101]),
        ("ops", [[255] * 5, [3, 255, 255, 255, 255]]),
    ],
)
def test_a_compact_row_that_is_no_cell_is_refused(
    tmp_path: Path, column: str, values: list[object]
) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, **{**COMPACT, column: np.array(values)})
    keys = np.sort(hash_words(read_compact_words(tmp_path)))
    with pytest.raises(UserError, match="another in training"):
        tabulate(read_compact(path), keys, path)


def read_compact_words(folder: Path) -> np.ndarray:
    path = folder / "right.npz"
    np.savez(path, **COMPACT)
    return read_compact(path).words


def test_a_damaged_or_foreign_compact_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    np.savez_compressed(path, **COMPACT)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="n_vertices"):
        read_compact(path)
    altered = bytearray(whole)
    altered[whole.index(b"ops.npy") + 40] ^= 0xFF
    path.write_bytes(altered)
    with pytest.raises(UserError, match="n_vertices"):
        read_compact(path)
    np.savez(path, accuracy=np.zeros(3))
    with pytest.raises(UserError, match="n_vertices"):
        read_compact(path)
    np.savez(path, **{**COMPACT, "test_acc_x9984": np.zeros(3)})
    with pytest.raises(UserError, match="different lengths"):
        read_compact(path)
