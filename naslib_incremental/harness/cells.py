"""Cells of a run on disk: one parquet file each, whole or absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from naslib_incremental.foundation.storage import atomic_path
from naslib_incremental.harness.evaluate import Evaluation
from naslib_incremental.harness.plan import Cell

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
        ("steps", pa.int32()),
        ("queries", pa.int64()),
        ("stopped", pa.bool_()),
        ("incumbents", pa.list_(INCUMBENT)),
    ]
)
METADATA_KEY = b"naslib_incremental"
SECONDS_KEY = b"seconds"


class DamagedCellError(Exception):
    """A cell's file is broken, or belongs to another cell or run."""


def write_cell(
    path: Path, cell: Cell, benchmark: str, evaluation: Evaluation, config_hash: str
) -> None:
    """Write one row per episode, atomically."""
    metadata = {
        METADATA_KEY: json.dumps(_identity(cell, config_hash)).encode(),
        SECONDS_KEY: f"{evaluation.seconds:.6g}".encode(),
    }
    table = _table(cell, benchmark, evaluation).replace_schema_metadata(metadata)
    with atomic_path(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=1,
            write_page_checksum=True,
        )


def check_cell(path: Path, cell: Cell, rows: int, config_hash: str) -> None:
    """Read a cell's file to the end.

    Raises:
        DamagedCellError: it is not exactly the file that ``write_cell`` writes.
    """
    try:
        table = pq.read_table(path, page_checksum_verification=True)
        identity = json.loads((table.schema.metadata or {})[METADATA_KEY])
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise DamagedCellError(f"cannot be read ({str(error).splitlines()[0]})") from error
    if not table.schema.equals(SCHEMA):
        raise DamagedCellError("other columns")
    if table.num_rows != rows:
        raise DamagedCellError(f"{table.num_rows} rows instead of {rows}")
    if identity != _identity(cell, config_hash):
        raise DamagedCellError("belongs to another cell or run")


def _identity(cell: Cell, config_hash: str) -> dict[str, Any]:
    return {
        "format": 1,
        "config_hash": config_hash,
        "optimizer": cell.optimizer,
        "agent_seed": cell.agent,
        "start_set": cell.start_set,
    }


def _table(cell: Cell, benchmark: str, evaluation: Evaluation) -> pa.Table:
    starts, outcome = evaluation.starts, evaluation.outcome
    count = len(outcome.final)
    columns = [
        _repeated(cell.optimizer, pa.string(), count),
        _repeated(benchmark, pa.string(), count),
        _repeated(cell.agent, pa.int32(), count),
        _repeated(cell.start_set, pa.int32(), count),
        np.arange(count, dtype=np.int32),
        starts.readable,
        evaluation.final_readable,
        starts.answers.validation,
        starts.answers.test,
        evaluation.final_answers.validation,
        evaluation.final_answers.test,
        outcome.steps.astype(np.int32),
        evaluation.queries,
        outcome.stopped,
        _incumbents(evaluation),
    ]
    arrays = [
        column if isinstance(column, pa.Array) else pa.array(column, field.type)
        for column, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def _repeated(value: str | int, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def _incumbents(evaluation: Evaluation) -> pa.Array:
    found = evaluation.incumbents
    structs = pa.StructArray.from_arrays(
        [pa.array(found.query), pa.array(found.validation), pa.array(found.test)],
        fields=list(INCUMBENT),
    )
    return pa.ListArray.from_arrays(pa.array(found.offsets), structs)
