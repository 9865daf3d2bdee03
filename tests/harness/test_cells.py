from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from toy_plugin import ToyBenchmark

from naslib_incremental.harness.cells import (
    SCHEMA,
    DamagedCellError,
    check_cell,
    write_cell,
)
from naslib_incremental.harness.evaluate import Evaluation, draw_start_set, evaluate
from naslib_incremental.harness.plan import Cell
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.local_search import LocalSearch

CELL = Cell("local_search", 1, 2)


def evaluated(dataset: str) -> Evaluation:
    benchmark = ToyBenchmark(dataset)
    starts = draw_start_set(benchmark, 50, np.random.SeedSequence(0))
    search = LocalSearch(benchmark.space, EpisodeSettings())
    return evaluate(search, benchmark, starts, np.random.default_rng(0))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cells" / "cell.parquet"
    write_cell(path, CELL, "toy/plain", evaluated("plain"), "hash")
    return path


def test_rows_are_what_happened(file: Path) -> None:
    evaluation = evaluated("plain")
    rows = pq.read_table(file).to_pylist()
    assert len(rows) == 50
    offsets = evaluation.incumbents.offsets
    for episode, row in enumerate(rows):
        assert (row["optimizer"], row["benchmark"]) == ("local_search", "toy/plain")
        assert (row["agent_seed"], row["start_set"], row["episode"]) == (1, 2, episode)
        assert row["start"] == evaluation.starts.readable[episode]
        assert row["final"] == evaluation.final_readable[episode]
        assert row["start_validation"] == evaluation.starts.answers.validation[episode]
        assert row["start_test"] == evaluation.starts.answers.test[episode]
        assert row["final_validation"] == evaluation.final_answers.validation[episode]
        assert row["final_test"] == evaluation.final_answers.test[episode]
        assert row["steps"] == evaluation.outcome.steps[episode]
        assert row["queries"] == evaluation.queries[episode]
        assert row["stopped"] == evaluation.outcome.stopped[episode]
        part = slice(offsets[episode], offsets[episode + 1])
        assert [i["query"] for i in row["incumbents"]] == evaluation.incumbents.query[part].tolist()
        kept = evaluation.incumbents.test[part].tolist()
        assert [i["test"] for i in row["incumbents"]] == kept
    schema = pq.read_schema(file)
    assert schema.remove_metadata().equals(SCHEMA)
    assert 0 < float(schema.metadata[b"seconds"]) < 60


def test_sound_file_passes(file: Path) -> None:
    check_cell(file, CELL, 50, "hash")


def test_missing_test_column_is_nan(tmp_path: Path) -> None:
    path = tmp_path / "cell.parquet"
    write_cell(path, CELL, "toy/untested", evaluated("untested"), "hash")
    check_cell(path, CELL, 50, "hash")
    assert all(np.isnan(value) for value in pq.read_table(path)["final_test"].to_pylist())


@pytest.mark.parametrize(
    ("cell", "rows", "config_hash", "message"),
    [
        (Cell("local_search", 1, 3), 50, "hash", "another cell or run"),
        (CELL, 50, "other", "another cell or run"),
        (CELL, 51, "hash", "50 rows instead of 51"),
    ],
)
def test_file_of_another_cell_or_run(
    file: Path, cell: Cell, rows: int, config_hash: str, message: str
) -> None:
    with pytest.raises(DamagedCellError, match=message):
        check_cell(file, cell, rows, config_hash)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nonsense" * 100])
def test_file_that_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "cell.parquet"
    path.write_bytes(content)
    with pytest.raises(DamagedCellError, match="cannot be read"):
        check_cell(path, CELL, 50, "hash")


def test_cut_off_file(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedCellError):
            check_cell(file, CELL, 50, "hash")


def test_altered_byte_is_found_or_changes_nothing(file: Path) -> None:
    whole, table = file.read_bytes(), pq.read_table(file)
    found = 0
    for place in range(4, len(whole) - 8, 61):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            check_cell(file, CELL, 50, "hash")
        except DamagedCellError:
            found += 1
        else:
            assert pq.read_table(file).equals(table)
    assert found > 10


def test_other_columns(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.drop_columns(["steps"]), file)
    with pytest.raises(DamagedCellError, match="other columns"):
        check_cell(file, CELL, 50, "hash")
