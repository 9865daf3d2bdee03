"""The run folder: what is written comes back, and nothing else passes for it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.records import (
    DamagedRecordError,
    Episodes,
    EvaluationTask,
    Incumbents,
    LearningLog,
    RunFolder,
    TrainingResult,
    TrainingTask,
    open_run,
    read_episodes,
    read_learning,
    write_episodes,
)
from naslib_incremental.records.episodes import SCHEMA
from naslib_incremental.records.files import FORMAT
from naslib_incremental.records.manifest import (
    AgentRecord,
    BenchmarkRecord,
    Manifest,
    OptimizerRecord,
    SettingsRecord,
    ThroughputRecord,
    read_manifest,
    write_manifest,
)
from naslib_incremental.records.training import LEARNING_CURVE, read_training, write_training

TASK = EvaluationTask("random_search", 1, 0)
OWNER = {"config_hash": "abc", "benchmark": "toy/one"}
COUNT = 20
EPISODES = {"random_search": COUNT, "learner": COUNT}


def some_episodes(count: int = COUNT, test: bool = True) -> Episodes:
    """Episodes of one query each, but for the last, which made three and improved at the third."""
    rng = np.random.default_rng(count)
    validation = rng.random(count)
    queries = np.ones(count, np.int64)
    queries[-1] = 3
    incumbents = Incumbents(
        np.array([*range(count), count + 1]),
        np.array([1] * count + [3]),
        np.array([*validation[:-1], 0.1, validation[-1]]),
        np.full(count + 1, 0.5 if test else np.nan),
    )
    return Episodes(
        start=np.array([f"s{i % 3}" for i in range(count)], object),
        final=np.array([f"f{i % 2}" for i in range(count)], object),
        start_validation=rng.random(count),
        start_test=rng.random(count) if test else np.full(count, np.nan),
        final_validation=validation,
        final_test=rng.random(count) if test else np.full(count, np.nan),
        num_steps=np.arange(count),
        queries=queries,
        stopped=np.arange(count) % 2 == 0,
        incumbents=incumbents,
        seconds=0.25,
    )


def some_manifest(folder: Path) -> Manifest:
    """The manifest of a run with one agent of one trained optimizer."""
    result = TrainingResult(1000, 900, 800, 12.5, {"policy": {"temperature": 0.02}})
    return Manifest(
        run=folder.name,
        config_hash="abc",
        settings=SettingsRecord(
            seeds=2,
            start_sets=1,
            episodes=COUNT,
            searches=3,
            neighbours=50,
            max_steps=32,
            seed=0,
        ),
        benchmark=BenchmarkRecord("toy/one", "Toy", "mean", "", {"toy.csv": "00ff"}, None, "toy"),
        optimizers={
            "random_search": OptimizerRecord({}, is_search=False, episodes=COUNT),
            "learner": OptimizerRecord(
                {"steps": 1000}, False, COUNT, ("toy/one",), (AgentRecord(0, result),)
            ),
        },
        budgets=(2, 5),
        reproducible=True,
        versions={"numpy": np.__version__},
        git=None,
        hardware={"cores": 2, "memory_gib": 23.4},
        command="",
        started="2024-01-01T00:00:00+00:00",
        throughput=(ThroughputRecord(1, 3e4, 2e4),),
        complete=True,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "episodes.parquet"
    write_episodes(path, TASK, "toy/one", some_episodes(), "abc")
    return path


@pytest.mark.parametrize("test", [True, False], ids=["with_test", "without_test"])
def test_episodes_come_back_as_they_were(tmp_path: Path, test: bool) -> None:
    path, written = tmp_path / "episodes.parquet", some_episodes(test=test)
    write_episodes(path, TASK, "toy/one", written, "abc")
    found = read_episodes(path, TASK, rows=COUNT, starts=True, **OWNER)
    assert found.start.to_pylist() == written.start.tolist()
    assert found.final.to_pylist() == written.final.tolist()
    assert found.seconds == written.seconds
    for name in ("start_validation", "start_test", "final_validation", "final_test"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
    for name in ("num_steps", "queries", "stopped"):
        np.testing.assert_array_equal(getattr(found, name), getattr(written, name))
    for name in ("offsets", "query", "validation", "test"):
        ours, theirs = (getattr(one.incumbents, name) for one in (found, written))
        np.testing.assert_array_equal(ours, theirs)
    assert read_episodes(path, TASK, **OWNER).start is None


@pytest.mark.parametrize("test", [True, False], ids=["with_test", "without_test"])
def test_rows_are_what_happened(tmp_path: Path, test: bool) -> None:
    path, written = tmp_path / "episodes.parquet", some_episodes(test=test)
    write_episodes(path, TASK, "toy/one", written, "abc")
    table = pq.read_table(path)
    assert table.schema.remove_metadata().equals(SCHEMA)
    rows = table.to_pylist()
    assert len(rows) == COUNT
    found = written.incumbents
    for episode, row in enumerate(rows):
        assert (row["optimizer"], row["benchmark"]) == ("random_search", "toy/one")
        assert (row["agent_seed"], row["start_set"], row["episode"]) == (1, 0, episode)
        part = slice(found.offsets[episode], found.offsets[episode + 1])
        names = ("query", "validation", "test")
        kept = zip(*(getattr(found, name)[part].tolist() for name in names), strict=True)
        expected = [dict(zip(names, values, strict=True)) for values in kept]
        np.testing.assert_equal(row["incumbents"], expected)
        for name in set(SCHEMA.names[5:]) - {"incumbents"}:
            np.testing.assert_equal(row[name], getattr(written, name)[episode])


def test_what_nobody_could_read_is_not_written(tmp_path: Path) -> None:
    path, sound = tmp_path / "episodes.parquet", some_episodes()
    beyond = replace(sound, final_validation=sound.final_validation + 1)
    with pytest.raises(ValueError, match="validation that is no accuracy"):
        write_episodes(path, TASK, "toy/one", beyond, "abc")
    with pytest.raises(ValueError, match="steps below zero"):
        write_episodes(path, TASK, "toy/one", replace(sound, num_steps=sound.num_steps - 1), "abc")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("task", "owner", "rows"),
    [
        (EvaluationTask("random_walk", 1, 0), {}, COUNT),
        (EvaluationTask("random_search", 0, 0), {}, COUNT),
        (EvaluationTask("random_search", 1, 1), {}, COUNT),
        (TASK, {"config_hash": "abd"}, COUNT),
        (TASK, {"benchmark": "toy/two"}, COUNT),
        (TASK, {}, COUNT + 1),
    ],
)
def test_episodes_of_another_owner_are_refused(
    file: Path, task: EvaluationTask, owner: dict[str, str], rows: int
) -> None:
    with pytest.raises(DamagedRecordError, match=r"belongs to another|rows instead of"):
        read_episodes(file, task, rows=rows, **OWNER | owner)


@pytest.mark.parametrize(
    ("column", "change", "reason"),
    [
        ("episode", lambda values: values - 1, "numbered"),
        ("num_steps", lambda values: values - 1, "steps below zero"),
        ("queries", lambda values: values * 0, "without an incumbent"),
        ("final_validation", lambda values: values + 1, "validation that is no accuracy"),
        ("start_test", lambda values: values - 1, "test that is no accuracy"),
    ],
)
def test_contradictions_are_refused(file: Path, column: str, change, reason: str) -> None:  # type: ignore[no-untyped-def]
    table = pq.read_table(file)
    place = table.column_names.index(column)
    changed = pa.array(change(table.column(column).to_numpy()), table.schema.field(column).type)
    pq.write_table(table.set_column(place, table.schema.field(column), changed), file)
    with pytest.raises(DamagedRecordError, match=reason):
        read_episodes(file, TASK, **OWNER)


def test_other_columns_and_what_is_no_parquet_are_refused(file: Path) -> None:
    table = pq.read_table(file)
    pq.write_table(table.drop_columns(["queries"]), file)
    with pytest.raises(DamagedRecordError, match="other columns"):
        read_episodes(file, TASK, **OWNER)
    numbers = pa.array([None, *range(1, COUNT)], pa.int32())
    place = table.column_names.index("episode")
    pq.write_table(table.set_column(place, table.schema.field(place), numbers), file)
    with pytest.raises(DamagedRecordError, match="episode without a value"):
        read_episodes(file, TASK, **OWNER)
    for content in (b"", b"PAR1", b"PAR1 and nothing else", b"nonsense" * 100):
        file.write_bytes(content)
        with pytest.raises(DamagedRecordError, match="unreadable"):
            read_episodes(file, TASK, **OWNER)


def test_a_flipped_bit_in_a_page_is_noticed(file: Path) -> None:
    content = bytearray(file.read_bytes())
    group = pq.ParquetFile(file).metadata.row_group(0)
    names = [group.column(place).path_in_schema for place in range(group.num_columns)]
    column = group.column(names.index("final_validation"))
    content[column.data_page_offset + column.total_compressed_size - 3] ^= 16
    file.write_bytes(content)
    with pytest.raises(DamagedRecordError, match="unreadable"):
        read_episodes(file, TASK, **OWNER)


def test_a_cut_off_file_is_refused(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(0, len(whole), 97):
        file.write_bytes(whole[:length])
        with pytest.raises(DamagedRecordError):
            read_episodes(file, TASK, **OWNER)


def test_an_altered_byte_is_found_or_changes_nothing(file: Path) -> None:
    whole, table = file.read_bytes(), pq.read_table(file)
    found = 0
    for place in range(4, len(whole) - 8, 61):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read_episodes(file, TASK, rows=COUNT, starts=True, **OWNER)
        except DamagedRecordError:
            found += 1
        else:
            assert pq.read_table(file).equals(table)
    assert found > 10


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    manifest = some_manifest(tmp_path)
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest


def test_what_is_no_sound_manifest_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"a run folder, with a manifest.json"):
        open_run(tmp_path)
    write_manifest(tmp_path, some_manifest(tmp_path))
    path = tmp_path / "manifest.json"
    sound = json.loads(path.read_text())
    for key, value in (("budgets", ["many"]), ("settings", None), ("optimizers", [])):
        path.write_text(json.dumps({**sound, key: value}))
        with pytest.raises(UserError, match=rf"sound manifest.json.*{key}"):
            open_run(tmp_path)
    for number, word in ((FORMAT - 1, "older"), (FORMAT + 1, "newer")):
        path.write_text(json.dumps({"format": number}))
        with pytest.raises(UserError, match=f"the {word} format {number}"):
            open_run(tmp_path)
    path.write_text("{")
    with pytest.raises(UserError, match="broken"):
        open_run(tmp_path)


def test_a_run_gives_its_episodes_agents_and_curves(tmp_path: Path) -> None:
    write_manifest(tmp_path, some_manifest(tmp_path))
    folder = RunFolder(tmp_path, "abc", "toy/one", EPISODES)
    for agent in range(2):
        task = EvaluationTask("random_search", agent, 0)
        write_episodes(folder.file(task), task, "toy/one", some_episodes(), "abc")
    agent_folder = folder.agent_folder(TrainingTask("learner", 0))
    LearningLog(agent_folder).record(256, {"loss": 0.5})
    run = open_run(str(tmp_path))
    frame = run.episodes("random_search")
    assert len(frame) == 2 * COUNT
    assert frame["agent_seed"].tolist() == [0] * COUNT + [1] * COUNT
    np.testing.assert_array_equal(
        frame["final_validation"][:COUNT], some_episodes().final_validation
    )
    assert frame["final"].iloc[1] == "f1"
    assert run.agents() == {TrainingTask("learner", 0): agent_folder}
    assert run.learning("learner")[0]["loss"].tolist() == [0.5]
    assert run.problems == []
    assert len(run.episodes()) == 2 * COUNT
    assert run.problems == [
        f"episodes/learner/agent{agent}-set0.parquet is missing and left out" for agent in range(2)
    ]
    with pytest.raises(UserError, match="readable episodes"):
        run.episodes("learner")


def test_a_finished_task_is_one_whose_file_is_sound(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = RunFolder(tmp_path, "abc", "toy/one", EPISODES)
    training = TrainingTask("learner", 0)
    assert not folder.is_finished(TASK)
    write_episodes(folder.file(TASK), TASK, "toy/one", some_episodes(), "abc")
    result = TrainingResult(1000, 900, 800, 12.5, {"kept": [1, None, "text"]})
    write_training(folder.file(training), result, "abc")
    assert read_training(folder.file(training), "abc") == result
    assert folder.is_finished(TASK)
    assert folder.is_finished(training)
    other = RunFolder(tmp_path, "abd", "toy/one", EPISODES)
    for task in (TASK, training):
        assert not other.is_finished(task)
        assert "damaged, done again" in caplog.text
        assert not folder.file(task).exists()


def test_learning_curves_resume_where_the_training_does(tmp_path: Path) -> None:
    log = LearningLog(tmp_path)
    for step in (256, 512, 768):
        log.record(step, {"loss": step / 1000, "queries": step})
    with (tmp_path / LEARNING_CURVE).open("a") as file:
        file.write('{"step": 1024, "lo')
    assert read_learning(tmp_path)["step"].tolist() == [256, 512, 768]
    LearningLog(tmp_path, 512).record(600, {"loss": 1.0})
    curve = read_learning(tmp_path)
    assert curve["step"].tolist() == [256, 512, 600]
    assert np.isnan(curve["queries"].iloc[-1])
    assert read_learning(tmp_path / "none").empty
    assert isinstance(read_learning(tmp_path / "none"), pd.DataFrame)


def test_incumbents_may_be_many_or_none(tmp_path: Path) -> None:
    episodes = some_episodes()
    none = Incumbents(np.zeros(COUNT + 1, np.int64), *[np.zeros(0)] * 3)  # type: ignore[arg-type]
    quiet = replace(episodes, queries=np.zeros(COUNT, np.int64), incumbents=none)
    path = tmp_path / "episodes.parquet"
    write_episodes(path, TASK, "toy/one", quiet, "abc")
    assert len(read_episodes(path, TASK, **OWNER).incumbents.query) == 0


def test_a_metric_says_which_numbers_can_be(tmp_path: Path) -> None:
    """Numbers below zero belong to a metric that goes there; NaN is never a validation."""
    losses = Metric("negative loss", "x 100", None, 0.0)
    episodes = some_episodes()
    numbers = ("start_validation", "start_test", "final_validation", "final_test")
    below = {name: getattr(episodes, name) - 2 for name in numbers}
    found = replace(
        episodes.incumbents,
        validation=episodes.incumbents.validation - 2,
        test=episodes.incumbents.test - 2,
    )
    negative = replace(episodes, **below, incumbents=found)
    path = tmp_path / "episodes.parquet"
    write_episodes(path, TASK, "toy/one", negative, "abc", losses)
    read = read_episodes(path, TASK, metric=losses, **OWNER)
    np.testing.assert_array_equal(read.final_validation, negative.final_validation)
    with pytest.raises(DamagedRecordError, match="validation that is no accuracy"):
        read_episodes(path, TASK, **OWNER)
    for wrong, broken in ((episodes, losses), (negative, ACCURACY)):
        with pytest.raises(ValueError, match=f"no {broken.name}"):
            write_episodes(path, TASK, "toy/one", wrong, "abc", broken)
