from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from filelock import FileLock
from inline_workers import InlineWorkers

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.harness.progress import Progress
from naslib_incremental.records import Episodes, EvaluationTask, Task, TrainingTask, open_run
from naslib_incremental.records.files import FORMAT

pytestmark = pytest.mark.usefixtures("toy")
CONFIG = RunConfig(
    {"toy_learner": {"steps": 20, "sizes": (4, 5)}, "local_search": {}},
    "toy/plain",
    seeds=1,
    start_sets=2,
    episodes=20,
    budgets=(5, 10),
)


def work(out: Path, overwrite: bool = False) -> tuple[Path, list[Task]]:
    """Run; the folder, and what was done."""
    workers = InlineWorkers()
    folder = run(
        CONFIG,
        out,
        overwrite=overwrite,
        command="naslib-run typed",
        show=lambda plan: Progress(plan, StringIO()),
        start_workers=lambda _: workers,
    )
    return folder, workers.done


def test_layout(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == {
        ".lock",
        "config.yaml",
        "manifest.json",
        "agents/toy_learner/agent0/agent.json",
        "agents/toy_learner/agent0/training.json",
        *(
            f"episodes/{name}/agent0-set{start_set}.parquet"
            for name in ("toy_learner", "local_search")
            for start_set in range(2)
        ),
    }


def searched(out: Path, **change: Any) -> dict[str, Episodes]:
    """One search, or twenty episodes, of each optimizer."""
    searching = {"random_without_replacement": {}, "gp_ei": {}, "random_search": {}}
    config = replace(CONFIG, optimizers=searching, searches=1, start_sets=1, **change)
    workers = InlineWorkers()
    folder = run(
        config,
        out,
        show=lambda plan: Progress(plan, StringIO()),
        start_workers=lambda _: workers,
    )
    found = open_run(folder)
    assert found.manifest.budgets == (5, 10)
    return {name: dict(found.evaluations(name)).popitem()[1] for name in searching}


def test_long_searches_go_on_after_the_budgets_that_they_begin_with(tmp_path: Path) -> None:
    short, long = searched(tmp_path), searched(tmp_path, long_search=35)
    assert short["random_without_replacement"].queries.tolist() == [10]
    assert long["random_without_replacement"].queries.tolist() == [35]
    for name in ("gp_ei", "random_search"):
        assert long[name].queries.tolist() == short[name].queries.tolist()
    begun, whole = (found["random_without_replacement"].incumbents for found in (short, long))
    first = slice(len(begun.query))
    assert whole.query[first].tolist() == begun.query.tolist()
    assert whole.validation[first].tolist() == begun.validation.tolist()
    assert (whole.query[first.stop :] > 10).all()


def test_manifest(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == FORMAT
    assert manifest["run"] == folder.name
    assert manifest["config_hash"].startswith(folder.name.rpartition("-")[2])
    assert manifest["settings"] == {
        "seeds": 1,
        "start_sets": 2,
        "episodes": 20,
        "searches": 8,
        "neighbours": 50,
        "max_steps": 32,
        "seed": 0,
    }
    assert manifest["benchmark"] == {
        "name": "toy/plain",
        "label": "toy, made up",
        "validation": "made-up validation",
        "test": "made-up test",
        "files": {"toy": "0" * 64},
        "validation_optimum": pytest.approx(0.98, abs=0.02),
        "space": "toy",
        "metric": {
            "name": "accuracy",
            "unit": "%",
            "low": 0.0,
            "high": 1.0,
            "lower_is_better_as_published": False,
        },
        "architectures": None,
    }
    learner = manifest["optimizers"]["toy_learner"]
    assert learner["options"]["steps"] == 20
    assert learner["options"]["keep"] == 3
    assert learner["options"]["sizes"] == [4, 5]
    assert learner["trained_on"] == ["toy/plain"]
    (agent,) = learner["agents"]
    assert agent["agent_seed"] == 0
    assert agent["result"]["queries"] == 20
    assert agent["result"]["details"] == {"kept": 3}
    assert manifest["optimizers"]["local_search"] == {
        "options": {},
        "is_search": False,
        "episodes": 20,
        "trained_on": [],
        "agents": [],
        "learns_elsewhere": False,
    }
    assert manifest["reproducible"] is True
    assert manifest["budgets"] == [5, 10]
    assert manifest["versions"]["optimizer toy_learner"] == "1.0"
    assert manifest["command"] == "naslib-run typed"
    assert manifest["wall_seconds"] > 0
    assert [measured["num_envs"] for measured in manifest["throughput"]] == [1, 32, 1024]
    assert all(measured["indices"] > 0 for measured in manifest["throughput"])
    assert manifest["complete"] is True
    assert manifest["hardware"]["cores"] >= 1


def test_a_run_is_as_reproducible_as_its_trainings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toy_plugin.ToyLearner.reproducible", False)
    folder, _ = work(tmp_path)
    assert json.loads((folder / "manifest.json").read_text())["reproducible"] is False


def test_wall_time_adds_up_and_the_start_stays(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    path = folder / "manifest.json"
    first = json.loads(path.read_text())
    path.write_text(json.dumps({**first, "wall_seconds": 1000.0}))
    work(tmp_path)
    second = json.loads(path.read_text())
    assert 1000 < second["wall_seconds"] < 1100
    assert second["started"] == first["started"]


def test_damaged_manifest_is_written_anew(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    (folder / "manifest.json").write_text("{")
    work(tmp_path)
    assert json.loads((folder / "manifest.json").read_text())["complete"] is True


def test_config_file_names_all_that_was_chosen(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["optimizer"] == ["toy_learner", "local_search"]
    assert config["budgets"] == [5, 10]
    assert config["sizes"] == [4, 5]
    assert config["baselines"] is False


def test_damaged_episodes_are_run_again_and_are_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, _ = work(tmp_path)
    path = folder / "episodes" / "local_search" / "agent0-set1.parquet"
    before = pq.read_table(path)
    path.write_bytes(path.read_bytes()[:-100])
    _, done = work(tmp_path)
    assert done == [EvaluationTask("local_search", 0, 1)]
    assert pq.read_table(path).equals(before)
    assert f"damaged, done again: {path}" in caplog.text


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"config_hash": "other", "steps": 1}'])
def test_damaged_training_record_is_made_again(tmp_path: Path, text: str) -> None:
    folder, _ = work(tmp_path)
    path = folder / "agents" / "toy_learner" / "agent0" / "training.json"
    before = json.loads(path.read_text())
    path.write_text(text)
    _, done = work(tmp_path)
    assert done == [TrainingTask("toy_learner", 0)]
    assert json.loads(path.read_text()) == before


def test_half_written_files_are_removed(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    stale = folder / "episodes" / "local_search" / ".agent0-set0.parquet.x1.tmp"
    stale.write_bytes(b"half")
    work(tmp_path)
    assert not stale.exists()


def test_overwriting_removes_only_what_a_run_writes(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    notes = folder / "notes.txt"
    notes.write_text("mine")
    stray = folder / "episodes" / "local_search" / "agent9-set9.parquet"
    stray.write_bytes(b"")
    _, done = work(tmp_path, overwrite=True)
    assert len(done) == 5
    assert notes.read_text() == "mine"
    assert not stray.exists()


def test_two_processes_do_not_share_a_run(tmp_path: Path) -> None:
    folder, _ = work(tmp_path)
    with (
        FileLock(folder / ".lock"),
        pytest.raises(UserError, match=r"no other process works in.*locked"),
    ):
        work(tmp_path)


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"can be written to.*Not a directory.*another folder"):
        work(tmp_path / "file")


def test_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind the superuser, so that the refusal is played."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("naslib_incremental.foundation.storage.Path.touch", refuse)
    with pytest.raises(UserError, match=r"can be written to.*Permission denied"):
        work(tmp_path)
