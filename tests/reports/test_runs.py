"""Runs side by side: what is shown, under which names, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.reports.statistics.runs import read_runs
from tests.reports.builder import RunBuilder, random_episodes


def two_by_two(folder: Path, *optimizers: str, **options: object) -> RunBuilder:
    rng = np.random.default_rng(1)
    names = optimizers or ("local_search", "apex_incremental")
    grid = [(agent, start_set) for agent in range(2) for start_set in range(2)]
    episodes = {name: {pair: random_episodes(rng, 6, 4) for pair in grid} for name in names}
    return RunBuilder(folder, episodes, **options)  # type: ignore[arg-type]


def file_of(folder: Path, optimizer: str = "local_search") -> Path:
    return folder / "episodes" / optimizer / "agent1-set0.parquet"


def test_trained_optimizers_come_first(tmp_path: Path) -> None:
    runs = read_runs([two_by_two(tmp_path / "r").write()])
    assert [one.name for one in runs.optimizers] == ["apex_incremental", "local_search"]
    assert [one.trained for one in runs.optimizers] == [True, False]
    assert runs.problems == ()


def test_a_damaged_evaluation_is_named_and_left_out(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    path = file_of(folder)
    path.write_bytes(path.read_bytes()[:-30])
    runs = read_runs([folder])
    (problem,) = runs.problems
    assert "episodes/local_search/agent1-set0.parquet is damaged" in problem
    counts = {one.name: len(one.evaluations) for one in runs.optimizers}
    assert counts == {"apex_incremental": 4, "local_search": 3}


def test_a_missing_evaluation_is_named(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    file_of(folder).unlink()
    (problem,) = read_runs([folder]).problems
    assert "agent1-set0.parquet is missing" in problem


def test_evaluations_that_were_configured_are_missed(tmp_path: Path) -> None:
    settings = {"seeds": 2, "start_sets": 3}
    folder = two_by_two(tmp_path / "r", "local_search", settings=settings, complete=False).write()
    problems = read_runs([folder]).problems
    assert "not complete" in problems[0]
    assert ["agent0-set2" in problems[1], "agent1-set2" in problems[2]] == [True, True]
    assert len(problems) == 3


def test_what_was_not_asked_for_last_is_not_shown(tmp_path: Path) -> None:
    run = two_by_two(tmp_path / "r", "apex", settings={"seeds": 1, "start_sets": 1})
    for agent in range(2):
        run.write_learning("apex", agent, {1: {}})
    runs = read_runs([run.write()])
    (apex,) = runs.optimizers
    assert [(one.task.agent_seed, one.task.start_set) for one in apex.evaluations] == [(0, 0)]
    assert list(apex.learning) == [0]
    assert not runs.problems


def test_an_optimizer_without_evaluations_is_left_out(tmp_path: Path) -> None:
    folder = two_by_two(tmp_path / "r").write()
    for path in (folder / "episodes" / "local_search").iterdir():
        path.unlink()
    runs = read_runs([folder])
    assert [one.name for one in runs.optimizers] == ["apex_incremental"]
    assert "local_search has nothing readable" in runs.problems[-1]


def test_a_run_without_any_evaluation_is_an_error(tmp_path: Path) -> None:
    folder = RunBuilder(tmp_path / "r", {"local_search": {}}).write()
    with pytest.raises(UserError, match="at least one readable evaluation"):
        read_runs([folder])


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one or more run folders"):
        read_runs([])
    with pytest.raises(MissingFileError, match="a run folder"):
        read_runs([tmp_path])


@pytest.mark.parametrize("other", [{"name": "toy/two"}, {"files": {"toy.csv": "11ee"}}])
def test_runs_on_other_data_are_refused(tmp_path: Path, other: dict[str, object]) -> None:
    first = two_by_two(tmp_path / "a").write()
    second = two_by_two(tmp_path / "b", "random_walk", benchmark=other).write()
    with pytest.raises(UserError, match="one benchmark"):
        read_runs([first, second])


def test_runs_side_by_side(tmp_path: Path) -> None:
    first = two_by_two(tmp_path / "a", name="one", budgets=(2, 5)).write()
    second = two_by_two(tmp_path / "b", "local_search", "random_walk", name="two", budgets=(3,))
    runs = read_runs([first, second.write()])
    names = [one.name for one in runs.optimizers]
    assert names == ["apex_incremental", "local_search (one)", "local_search (two)", "random_walk"]
    assert runs.budgets == (2, 3, 5)


@pytest.mark.parametrize(("folders", "names"), [("ab", "ab"), ("aa", ("a #1", "a #2"))])
def test_runs_of_one_name_get_another(tmp_path: Path, folders: str, names: object) -> None:
    runs = [
        two_by_two(tmp_path / str(number) / folder, "local_search").write()
        for number, folder in enumerate(folders)
    ]
    found = [one.name for one in read_runs(runs).optimizers]
    assert found == [f"local_search ({name})" for name in names]  # type: ignore[attr-defined]
