"""One finished cell of work, (optimizer, agent seed, start set), read from its parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FRACTIONS = ("start_validation", "start_test", "final_validation", "final_test")
LABELS = ("optimizer", "benchmark", "agent_seed", "start_set")
COLUMNS = (*LABELS, *FRACTIONS, "episode", "final", "steps", "queries", "stopped", "incumbents")


class DamagedCellError(Exception):
    """A cell's file cannot be used; the message says why."""


@dataclass(frozen=True)
class Cell:
    """E episodes of one agent on one start set, in the order in which they were run.

    Attributes:
        agent_seed: seed of the agent.
        start_set: number of the start set.
        start_validation: [E] validation accuracy of the start, a fraction.
        start_test: [E] test accuracy of the start, NaN where the benchmark has none.
        final_validation: [E] validation accuracy of the final architecture.
        final_test: [E] test accuracy of the final architecture.
        final: [E] readable final architectures, an arrow dictionary array.
        steps: [E] moves made.
        queries: [E] queries made.
        stopped: [E] True where the optimizer stopped by itself.
        offsets: [E+1] the incumbents of episode e are offsets[e] to offsets[e+1].
        incumbent_query: [I] the query within its episode, from 1, that set a new best.
        incumbent_validation: [I] its validation accuracy.
        incumbent_test: [I] its test accuracy.
        seconds: wall time of all E episodes together, NaN where it was not written down.
    """

    agent_seed: int
    start_set: int
    start_validation: NDArray[np.float64]
    start_test: NDArray[np.float64]
    final_validation: NDArray[np.float64]
    final_test: NDArray[np.float64]
    final: Any
    steps: NDArray[np.int64]
    queries: NDArray[np.int64]
    stopped: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    incumbent_query: NDArray[np.int64]
    incumbent_validation: NDArray[np.float64]
    incumbent_test: NDArray[np.float64]
    seconds: float

    def __len__(self) -> int:
        """E, the number of episodes."""
        return len(self.queries)


def read_cell(path: Path, optimizer: str, benchmark: str, agent_seed: int, start_set: int) -> Cell:
    """Read one cell and check that it is what its place in the run folder says.

    Raises:
        DamagedCellError: unreadable, another cell's content, or in contradiction with itself.
    """
    table = _read_columns(path)
    expected = dict(zip(LABELS, (optimizer, benchmark, agent_seed, start_set), strict=True))
    for label, value in expected.items():
        found = table.column(label).unique().to_pylist()
        if found != [value]:
            raise DamagedCellError(f"column {label} holds {found[:3]}, not {value!r} alone")
    order = np.argsort(_numbers(table, "episode", np.int64), kind="stable")
    if not np.array_equal(order, np.arange(len(order))):
        table = table.take(order)
    try:
        cell = _cell(table, agent_seed, start_set)
    except (KeyError, pa.ArrowException, TypeError, ValueError) as error:
        raise DamagedCellError(f"columns of another kind than expected: {error}") from error
    _check(cell)
    return cell


def _read_columns(path: Path) -> Any:
    """The columns that a report needs."""
    try:
        with pq.ParquetFile(path, read_dictionary=["final"]) as file:
            missing = sorted(set(COLUMNS) - set(file.schema_arrow.names))
            if missing:
                raise DamagedCellError(f"no column {', '.join(missing)}")
            table = file.read(columns=list(COLUMNS), use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise DamagedCellError(f"unreadable: {str(error).splitlines()[0]}") from error
    if not table.num_rows:
        raise DamagedCellError("no episodes")
    return table.combine_chunks()


def _cell(table: Any, agent_seed: int, start_set: int) -> Cell:
    """The table's columns as arrays, lists of incumbents laid end to end."""
    lists = table.column("incumbents").combine_chunks()
    structs = lists.flatten()
    incumbents = pa.table(structs.flatten(), names=[field.name for field in structs.type])
    lengths = np.asarray(lists.value_lengths().fill_null(0), dtype=np.int64)
    return Cell(
        agent_seed=agent_seed,
        start_set=start_set,
        start_validation=_numbers(table, "start_validation", np.float64),
        start_test=_numbers(table, "start_test", np.float64),
        final_validation=_numbers(table, "final_validation", np.float64),
        final_test=_numbers(table, "final_test", np.float64),
        final=table.column("final").combine_chunks(),
        steps=_numbers(table, "steps", np.int64),
        queries=_numbers(table, "queries", np.int64),
        stopped=_numbers(table, "stopped", np.bool_),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        incumbent_query=_numbers(incumbents, "query", np.int64),
        incumbent_validation=_numbers(incumbents, "validation", np.float64),
        incumbent_test=_numbers(incumbents, "test", np.float64),
        seconds=float((table.schema.metadata or {}).get(b"seconds", "nan")),
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


def _check(cell: Cell) -> None:
    """What must hold within a cell, so that no number is made from half a file."""
    counts = np.diff(cell.offsets)
    owner = np.repeat(np.arange(len(cell)), counts)
    rises = np.diff(cell.incumbent_query) > 0
    firsts = cell.incumbent_query[cell.offsets[:-1][counts > 0]]
    rules = {
        "queries below zero": (cell.queries >= 0).all(),
        "queries without an incumbent": ((counts > 0) == (cell.queries > 0)).all(),
        "an episode whose first query is no incumbent": (firsts == 1).all(),
        "incumbents out of order": (rises | (np.diff(owner) > 0)).all(),
        "incumbents after the last query": (cell.incumbent_query <= cell.queries[owner]).all(),
        "validation accuracies that are no fractions": all(
            ((values >= 0) & (values <= 1)).all()
            for values in (cell.start_validation, cell.final_validation, cell.incumbent_validation)
        ),
        "test accuracies that are no fractions": all(
            (np.isnan(values) | ((values >= 0) & (values <= 1))).all()
            for values in (cell.start_test, cell.final_test, cell.incumbent_test)
        ),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise DamagedCellError("; ".join(broken))
