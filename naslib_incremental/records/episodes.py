"""Episodes on disk: one parquet file per evaluation task, whole or absent, one row per episode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.foundation.storage import atomic_path
from naslib_incremental.records.files import FORMAT, DamagedRecordError
from naslib_incremental.records.tasks import EvaluationTask

INCUMBENT = pa.struct([("query", pa.int32()), ("validation", pa.float64()), ("test", pa.float64())])
SCHEMA = pa.schema(
    [
        ("optimizer", pa.string()),
        ("benchmark", pa.string()),
        ("agent_seed", pa.int32()),
        ("start_set", pa.int32()),
        ("episode", pa.int32()),
        ("start", pa.string()),
        ("final", pa.string()),
        ("start_validation", pa.float64()),
        ("start_test", pa.float64()),
        ("final_validation", pa.float64()),
        ("final_test", pa.float64()),
        ("num_steps", pa.int32()),
        ("queries", pa.int64()),
        ("stopped", pa.bool_()),
        ("incumbents", pa.list_(INCUMBENT)),
    ]
)
"""One row per episode; accuracies are fractions, NaN where the benchmark has no test accuracy."""

TEXTS = ("start", "final")
FRACTIONS = ("start_validation", "start_test", "final_validation", "final_test")
METADATA_KEY = b"naslib_incremental"


@dataclass(frozen=True)
class _Identity:
    """Kept in each file's metadata: whose episodes they are."""

    format: int
    config_hash: str
    benchmark: str
    optimizer: str
    agent_seed: int
    start_set: int
    seconds: float | None


@dataclass(frozen=True, eq=False)
class Incumbents:
    """Queries that set a strict new best, in validation or in test, within their episode.

    From them the running best validation, its test and the running best test are exact.

    Attributes:
        offsets: [E+1] incumbents of episode e are ``offsets[e]:offsets[e + 1]``.
        query: [I] number of the query within its episode, from 1, ascending in each episode.
        validation: [I] its validation accuracy, a fraction.
        test: [I] its test accuracy.
    """

    offsets: NDArray[np.int64]
    query: NDArray[np.int64]
    validation: NDArray[np.float64]
    test: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Episodes:
    """E episodes of one agent on one start set, in the order in which they were run.

    Attributes:
        start: [E] readable architectures that the episodes began at; an array of texts, when read
            an arrow dictionary array, None where it was not asked for.
        final: [E] readable final architectures, likewise.
        start_validation: [E] fractions.
        start_test: [E] NaN where the benchmark has no test accuracy.
        final_validation: [E].
        final_test: [E].
        num_steps: [E] steps taken.
        queries: [E] queries made.
        stopped: [E] True where the optimizer stopped by itself.
        incumbents: queries that set a new best.
        seconds: wall time of all E episodes together, NaN where it was not measured.
    """

    start: Any
    final: Any
    start_validation: NDArray[np.float64]
    start_test: NDArray[np.float64]
    final_validation: NDArray[np.float64]
    final_test: NDArray[np.float64]
    num_steps: NDArray[np.int64]
    queries: NDArray[np.int64]
    stopped: NDArray[np.bool_]
    incumbents: Incumbents
    seconds: float

    def __len__(self) -> int:
        """E, the number of episodes."""
        return len(self.queries)


def write_episodes(
    path: Path,
    task: EvaluationTask,
    benchmark: str,
    episodes: Episodes,
    config_hash: str,
    metric: Metric = ACCURACY,
) -> None:
    """Write the episodes of a task, atomically.

    Raises:
        ValueError: they contradict themselves, so that nobody could read them.
    """
    broken = _contradictions(episodes, metric)
    if broken:
        raise ValueError(f"{task}: {'; '.join(broken)}")
    seconds = None if np.isnan(episodes.seconds) else float(f"{episodes.seconds:.6g}")
    identity = _Identity(FORMAT, config_hash, benchmark, *_labels(task), seconds)
    table = _table(task, benchmark, episodes)
    with atomic_path(path) as temporary:
        pq.write_table(
            table.replace_schema_metadata({METADATA_KEY: msgspec.json.encode(identity)}),
            temporary,
            compression="zstd",
            compression_level=1,
            write_page_checksum=True,
        )


def _labels(task: EvaluationTask) -> tuple[str, int, int]:
    return task.optimizer, task.agent_seed, task.start_set


def _table(task: EvaluationTask, benchmark: str, episodes: Episodes) -> pa.Table:
    count, found = len(episodes), episodes.incumbents
    constant = {
        "optimizer": task.optimizer,
        "benchmark": benchmark,
        "agent_seed": task.agent_seed,
        "start_set": task.start_set,
    }
    structs = pa.StructArray.from_arrays(
        [
            pa.array(getattr(found, field.name), field.type)
            for field in (INCUMBENT.field(place) for place in range(INCUMBENT.num_fields))
        ],
        fields=list(INCUMBENT),
    )
    columns: dict[str, Any] = {
        "episode": np.arange(count, dtype=np.int32),
        "incumbents": pa.ListArray.from_arrays(pa.array(found.offsets, pa.int32()), structs),
    }
    arrays = []
    for field in SCHEMA:
        if field.name in constant:
            scalar = pa.scalar(constant[field.name], field.type)
            arrays.append(pa.repeat(scalar, count))
            continue
        column = columns.get(field.name)
        column = getattr(episodes, field.name) if column is None else column
        arrays.append(column if isinstance(column, pa.Array) else pa.array(column, field.type))
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def read_episodes(
    path: Path,
    task: EvaluationTask,
    *,
    config_hash: str,
    benchmark: str,
    metric: Metric = ACCURACY,
    rows: int | None = None,
    starts: bool = False,
) -> Episodes:
    """Read the episodes of a task, and check that they are its own, undamaged and consistent.

    Args:
        path: of the file.
        task: whose episodes are expected.
        config_hash: of the run that they belong to.
        benchmark: full name.
        metric: that its numbers must fit.
        rows: E, None for any number.
        starts: whether to read ``start`` too.

    Raises:
        DamagedRecordError: unreadable, of another task or run, or in contradiction with itself.
    """
    table, seconds = _read(path, task, config_hash, benchmark, starts)
    if rows is not None and table.num_rows != rows:
        raise DamagedRecordError(f"{table.num_rows} rows instead of {rows}")
    if not table.num_rows:
        raise DamagedRecordError("no episodes")
    try:
        episodes = _episodes(table, seconds)
        numbers = _numbers(table, "episode", np.int64)
    except (KeyError, pa.ArrowException, TypeError, ValueError) as error:
        raise DamagedRecordError(f"columns of another kind than expected: {error}") from error
    broken = _contradictions(episodes, metric)
    if not np.array_equal(numbers, np.arange(len(episodes))):
        broken.append("episodes that are not numbered one after the other")
    if broken:
        raise DamagedRecordError("; ".join(broken))
    return episodes


def _read(
    path: Path, task: EvaluationTask, config_hash: str, benchmark: str, starts: bool
) -> tuple[Any, float]:
    """The columns asked for, and the seconds that the episodes took."""
    columns = [name for name in SCHEMA.names if starts or name != "start"]
    try:
        with pq.ParquetFile(
            path, read_dictionary=list(TEXTS), page_checksum_verification=True
        ) as file:
            if not _same_columns(file.schema_arrow):
                raise DamagedRecordError("other columns")
            metadata = file.schema_arrow.metadata or {}
            identity = msgspec.json.decode(metadata[METADATA_KEY], type=_Identity)
            expected = (FORMAT, config_hash, benchmark, *_labels(task))
            if astuple(identity)[:-1] != expected:
                raise DamagedRecordError("belongs to another task or run")
            table = file.read(columns=columns, use_threads=False).combine_chunks()
    except (OSError, KeyError, pa.ArrowException, msgspec.MsgspecError) as error:
        raise DamagedRecordError(f"unreadable: {str(error).splitlines()[0]}") from error
    return table, np.nan if identity.seconds is None else identity.seconds


def _same_columns(found: Any) -> bool:
    """Whether a file has the columns of ``SCHEMA``; texts are read as dictionaries."""
    kinds = {name: pa.dictionary(pa.int32(), pa.string()) for name in TEXTS}
    expected = [(field.name, kinds.get(field.name, field.type)) for field in SCHEMA]
    return [(field.name, field.type) for field in found] == expected


def _episodes(table: Any, seconds: float) -> Episodes:
    """The table's columns as arrays, lists of incumbents laid end to end."""
    lists = table.column("incumbents").combine_chunks()
    structs = lists.flatten()
    incumbents = pa.table(structs.flatten(), names=[field.name for field in structs.type])
    lengths = np.asarray(lists.value_lengths().fill_null(0), dtype=np.int64)
    read = table.column_names
    return Episodes(
        start=table.column("start").combine_chunks() if "start" in read else None,
        final=table.column("final").combine_chunks(),
        **{name: _numbers(table, name, np.float64) for name in FRACTIONS},
        num_steps=_numbers(table, "num_steps", np.int64),
        queries=_numbers(table, "queries", np.int64),
        stopped=_numbers(table, "stopped", np.bool_),
        incumbents=Incumbents(
            np.concatenate([[0], np.cumsum(lengths)]),
            _numbers(incumbents, "query", np.int64),
            _numbers(incumbents, "validation", np.float64),
            _numbers(incumbents, "test", np.float64),
        ),
        seconds=seconds,
    )


def _numbers(table: Any, name: str, dtype: Any) -> NDArray[Any]:
    """A column as an array of its own; a null becomes NaN where a number can be none.

    Raises:
        ValueError: a null elsewhere, or a value that the type cannot hold.
    """
    values = table.column(name).cast(pa.from_numpy_dtype(dtype))
    if values.null_count and dtype is not np.float64:
        raise ValueError(f"{name} without a value")
    return np.array(values.to_numpy(zero_copy_only=False), dtype=dtype)


def _contradictions(episodes: Episodes, metric: Metric) -> list[str]:
    """What cannot be among some episodes, so that no number is made from half of a file."""
    found, queries = episodes.incumbents, episodes.queries
    counts = np.diff(found.offsets)
    owner = np.repeat(np.arange(len(episodes)), counts)
    rises = np.diff(found.query) > 0
    firsts = found.query[found.offsets[:-1][counts > 0]]
    validation = (episodes.start_validation, episodes.final_validation, found.validation)
    test = (episodes.start_test, episodes.final_test, found.test)
    rules = {
        "steps below zero": (episodes.num_steps >= 0).all(),
        "queries below zero": (queries >= 0).all(),
        "queries without an incumbent": ((counts > 0) == (queries > 0)).all(),
        "an episode whose first query is no incumbent": (firsts == 1).all(),
        "incumbents out of order": (rises | (np.diff(owner) > 0)).all(),
        "incumbents after the last query": (found.query <= queries[owner]).all(),
        f"validation that is no {metric.name}": all(
            _fits(values, metric).all() for values in validation
        ),
        f"test that is no {metric.name}": all(
            (np.isnan(values) | _fits(values, metric)).all() for values in test
        ),
    }
    return [rule for rule, holds in rules.items() if not holds]


def _fits(values: NDArray[np.float64], metric: Metric) -> NDArray[np.bool_]:
    """Where numbers are within the bounds of a metric."""
    low = -np.inf if metric.low is None else metric.low
    high = np.inf if metric.high is None else metric.high
    return np.isfinite(values) & (values >= low) & (values <= high)


def as_columns(task: EvaluationTask, benchmark: str, episodes: Episodes) -> Mapping[str, Any]:
    """The columns of ``SCHEMA`` without incumbents, for a DataFrame; texts are categories."""
    labels = dict(zip(("optimizer", "agent_seed", "start_set"), _labels(task), strict=True))
    columns: dict[str, Any] = {
        "benchmark": benchmark,
        **labels,
        "episode": np.arange(len(episodes)),
    }
    for name in SCHEMA.names:
        if name not in (*columns, "incumbents"):
            values = getattr(episodes, name)
            columns[name] = values.to_pandas() if isinstance(values, pa.Array) else values
    return {name: columns[name] for name in SCHEMA.names if name in columns}
