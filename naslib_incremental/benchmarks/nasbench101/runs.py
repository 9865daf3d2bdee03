"""Training runs of NAS-Bench-101 as columns, whatever file they came from, and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.kernels import NO_CELL, hash_words


@dataclass(frozen=True)
class Runs:
    """M training runs; the repeats of a cell come in their order in the file.

    Attributes:
        words: [M] packed cells, NO_CELL where a file names none.
        epochs: [M] trained for.
        validation: [M] validation accuracy at the end, None where the file has none.
        test: [M] test accuracy at the end.
        training_seconds: [M], None where the file has none.
        parameters: [M] trainable parameters of the whole network.
    """

    words: NDArray[np.uint64]
    epochs: NDArray[np.int64]
    validation: NDArray[np.float64] | None
    test: NDArray[np.float64]
    training_seconds: NDArray[np.float64] | None
    parameters: NDArray[np.int64]


def tabulate(runs: Runs, keys: NDArray[np.uint64], source: Path) -> dict[str, NDArray[Any]]:
    """The runs as one table over V cells, E epoch budgets and R repeats.

    Args:
        runs: every cell, as often and for as many budgets as every other.
        keys: [V] ascending isomorphism keys of the cells.
        source: the file, for messages.

    Returns:
        ``epochs`` [E], ``test`` [V, E, R], ``parameters`` [V], and where the file has them
        ``validation`` and ``training_seconds`` [V, E, R].

    Raises:
        UserError: cells are missing, strange, or trained more often than others.
    """
    budgets, budget = np.unique(runs.epochs, return_inverse=True)
    row = _rows_of(runs.words, keys, source)
    order = np.lexsort((budget, row))
    repeats = len(row) // (len(keys) * len(budgets)) if len(budgets) else 0
    shape = (len(keys), len(budgets), repeats)
    if repeats == 0 or len(row) != np.prod(shape):
        raise _incomplete(source, keys, row, "as many runs for each")
    rows, places, _ = np.indices(shape, sparse=True)
    sorted_rows, sorted_places = row[order].reshape(shape), budget[order].reshape(shape)
    if np.any(sorted_rows != rows) or np.any(sorted_places != places):
        raise _incomplete(source, keys, row, "each for the same epochs")
    table = {"epochs": budgets, "parameters": runs.parameters[order][:: shape[1] * repeats]}
    for name in ("validation", "test", "training_seconds"):
        column = getattr(runs, name)
        if column is not None:
            table[name] = column[order].reshape(shape)
    return table


def _rows_of(
    words: NDArray[np.uint64], keys: NDArray[np.uint64], source: Path
) -> NDArray[np.int64]:
    """[M] the row of each run's cell among the keys."""
    found = hash_words(words)
    rows = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    strange = np.flatnonzero((words == NO_CELL) | (keys[rows] != found))
    if len(strange):
        raise UserError(
            "cells of NAS-Bench-101 only",
            f"{source}: another in run {strange[0]}",
            "give an unaltered file of the benchmark",
        )
    return rows


def _incomplete(
    source: Path, keys: NDArray[np.uint64], rows: NDArray[np.int64], wanted: str
) -> UserError:
    return UserError(
        f"all {len(keys)} cells of NAS-Bench-101, {wanted}",
        f"{source}: {len(rows)} runs of {len(np.unique(rows))} cells",
        "give a whole file of the benchmark",
    )
