"""Run folders as they should be, and as they should not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports.statistics.reading import read_runs
from tests.reports.builder import Episode, RunFolder, random_episodes

QUERIES = [(0.6, 0.5), (0.6, 0.7), (0.8, 0.6)]


def two_by_two(folder: Path, *optimizers: str, **options: object) -> RunFolder:
    rng = np.random.default_rng(1)
    names = optimizers or ("local_search", "apex_incremental")
    grid = [(agent, start_set) for agent in range(2) for start_set in range(2)]
    cells = {name: {cell: random_episodes(rng, 6, 4) for cell in grid} for name in names}
    return RunFolder(folder, cells, **options)  # type: ignore[arg-type]


def cell_path(folder: Path, optimizer: str = "local_search") -> Path:
    return folder / "cells" / optimizer / "agent1-set0.parquet"


def test_columns_come_back_as_written(tmp_path: Path) -> None:
    episodes = [
        Episode(QUERIES, start=(0.3, 0.2), name="a", steps=4, stopped=False),
        Episode([], start=(0.4, np.nan), name="b"),
        Episode([(0.5, np.nan)], name="a"),
    ]
    folder = RunFolder(tmp_path / "r", {"local_search": {(3, 7): episodes}}).write()
    (optimizer,) = read_runs([folder]).optimizers
    (cell,) = optimizer.cells
    assert (cell.agent_seed, cell.start_set) == (3, 7)
    np.testing.assert_array_equal(cell.start_validation, [0.3, 0.4, 0.5])
    np.testing.assert_array_equal(cell.start_test, [0.2, np.nan, 0.5])
    np.testing.assert_array_equal(cell.final_validation, [0.8, 0.4, 0.5])
    assert cell.final.to_pylist() == ["a", "b", "a"]
    assert cell.steps.tolist() == [4, 3, 3]
    assert cell.queries.tolist() == [3, 0, 1]
    assert cell.stopped.tolist() == [False, True, True]
    assert cell.offsets.tolist() == [0, 3, 3, 4]
    assert cell.incumbent_query.tolist() == [1, 2, 3, 1]
    np.testing.assert_array_equal(cell.incumbent_validation, [0.6, 0.6, 0.8, 0.5])
    np.testing.assert_array_equal(cell.incumbent_test, [0.5, 0.7, 0.6, np.nan])


def test_trained_optimizers_come_first(tmp_path: Path) -> None:
    evaluation = read_runs([two_by_two(tmp_path / "r").write()])
    assert [one.name for one in evaluation.optimizers] == ["apex_incremental", "local_search"]
    assert [one.trained for one in evaluation.optimizers] == [True, False]
    assert evaluation.problems == ()


def test_an_agents_folder_tells_of_training_before_the_manifest_does(tmp_path: Path) -> None:
    run = two_by_two(tmp_path / "r", trained=())
    run.write_progress("local_search", 0, [])
    first = read_runs([run.write()]).optimizers[0]
    assert (first.name, first.trained, first.training) == ("local_search", True, ())


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def drop_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["queries"]), path)


def no_rows(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(0, 0), path)


def change(name: str, value: object) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        table = pq.read_table(path)
        place, kind = table.column_names.index(name), table.schema.field(name).type
        values = pa.array([value] * table.num_rows, kind)
        pq.write_table(table.set_column(place, table.schema.field(name), values), path)

    return changed


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncate, "unreadable"),
        (drop_column, "no column queries"),
        (no_rows, "no episodes"),
        (change("optimizer", "random_walk"), "column optimizer"),
        (change("agent_seed", 4), "column agent_seed"),
        (change("benchmark", "toy/two"), "column benchmark"),
        (change("final_validation", np.nan), "validation accuracies"),
        (change("final_test", 81.0), "test accuracies"),
        (change("queries", -1), "queries below zero"),
        (change("queries", 0), "queries without an incumbent"),
        (change("queries", None), "columns of another kind"),
        (change("incumbents", []), "queries without an incumbent"),
        (change("incumbents", [{"query": 2, "validation": 0.5, "test": 0.5}]), "first query"),
        (
            change("incumbents", [{"query": q, "validation": 0.5, "test": 0.5} for q in (1, 99)]),
            "after the last query",
        ),
        (
            change("incumbents", [{"query": 1, "validation": 0.5, "test": 0.5}] * 2),
            "incumbents out of order",
        ),
    ],
)
def test_a_damaged_cell_is_named_and_left_out(
    tmp_path: Path, damage: Callable[[Path], None], reason: str
) -> None:
    folder = two_by_two(tmp_path / "r").write()
    damage(cell_path(folder))
    evaluation = read_runs([folder])
    (problem,) = evaluation.problems
    assert "cells/local_search/agent1-set0.parquet" in problem
    assert reason in problem
    cells = {one.name: len(one.cells) for one in evaluation.optimizers}
    assert cells == {"apex_incremental": 4, "local_search": 3}


def test_rows_in_another_order_are_put_right(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    before = read_runs([folder]).optimizers[1].cells[2]
    table = pq.read_table(cell_path(folder))
    pq.write_table(table.take(np.arange(table.num_rows)[::-1]), cell_path(folder))
    after = read_runs([folder]).optimizers[1].cells[2]
    np.testing.assert_array_equal(before.queries, after.queries)
    np.testing.assert_array_equal(before.incumbent_validation, after.incumbent_validation)


def test_a_missing_cell_is_named(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    cell_path(folder).unlink()
    (problem,) = read_runs([folder]).problems
    assert "agent1-set0.parquet is missing" in problem


def test_cells_that_were_configured_are_missed(tmp_path: Path) -> None:
    config = {"seeds": 2, "start-sets": 3}
    folder = two_by_two(tmp_path / "r", "local_search", config=config, complete=False).write()
    problems = read_runs([folder]).problems
    assert "not complete" in problems[0]
    assert ["agent0-set2" in problems[1], "agent1-set2" in problems[2]] == [True, True]
    assert len(problems) == 3


def test_what_was_not_asked_for_last_is_not_shown(tmp_path: Path) -> None:
    run = two_by_two(tmp_path / "r", "apex", config={"seeds": 1, "start-sets": 1})
    for agent in range(2):
        run.write_progress("apex", agent, ['{"step": 1}'])
    evaluation = read_runs([run.write()])
    (apex,) = evaluation.optimizers
    assert [(cell.agent_seed, cell.start_set) for cell in apex.cells] == [(0, 0)]
    assert [agent for agent, _ in apex.learning] == [0]
    assert not evaluation.problems


def test_an_optimizer_without_cells_is_left_out(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    for path in (folder / "cells" / "local_search").iterdir():
        path.unlink()
    evaluation = read_runs([folder])
    assert [one.name for one in evaluation.optimizers] == ["apex_incremental"]
    assert "local_search has no readable cell" in evaluation.problems[-1]


def test_a_run_without_any_cell_is_an_error(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "r", {"local_search": {}}).write()
    with pytest.raises(UserError, match="at least one readable cell"):
        read_runs([folder])


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (None, "expected a run folder"),
        ("{", "a damaged"),
        ("[]", "missing or wrong top level"),
        ('{"format": 1, "run": "r"}', "missing or wrong benchmark, optimizers, budgets"),
    ],
)
def test_what_is_no_run_folder(tmp_path: Path, content: str | None, match: str) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=match):
        read_runs([tmp_path])


def test_no_folder_and_another_format(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one or more run folders"):
        read_runs([])
    folder = two_by_two(tmp_path / "r").write()
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(UserError, match="format 2"):
        read_runs([folder])


@pytest.mark.parametrize("other", [{"name": "toy/two"}, {"files": {"toy.csv": "11ee"}}])
def test_runs_on_other_data_are_refused(tmp_path: Path, other: dict[str, object]) -> None:
    first = two_by_two(tmp_path / "a").write()
    second = two_by_two(tmp_path / "b", "random_walk", benchmark=other).write()
    with pytest.raises(UserError, match="one benchmark"):
        read_runs([first, second])


def test_runs_side_by_side(tmp_path: Path) -> None:
    first = two_by_two(tmp_path / "a", name="one", budgets=(2, 5)).write()
    second = two_by_two(tmp_path / "b", "local_search", "random_walk", name="two", budgets=(3,))
    evaluation = read_runs([first, second.write()])
    names = [one.name for one in evaluation.optimizers]
    assert names == ["apex_incremental", "local_search (one)", "local_search (two)", "random_walk"]
    assert evaluation.budgets == (2, 3, 5)


@pytest.mark.parametrize(("folders", "names"), [("ab", "ab"), ("aa", ("a #1", "a #2"))])
def test_runs_of_one_name_get_another(tmp_path: Path, folders: str, names: object) -> None:
    runs = [
        two_by_two(tmp_path / str(number) / folder, "local_search").write()
        for number, folder in enumerate(folders)
    ]
    found = [one.name for one in read_runs(runs).optimizers]
    assert found == [f"local_search ({name})" for name in names]  # type: ignore[attr-defined]


def test_a_learning_curve_cut_short_keeps_its_whole_lines(tmp_path: Path) -> None:
    run = two_by_two(tmp_path / "r")
    run.write_progress("apex_incremental", 1, ['{"step": 1}', "", "[1]", '{"step": 2'])
    run.write_progress("apex_incremental", 0, ['{"step": 5}'])
    apex = read_runs([run.write()]).optimizers[0]
    assert apex.learning == ((0, ({"step": 5},)), (1, ({"step": 1},)))
