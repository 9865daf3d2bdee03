"""The real NAS-Bench-101 data beside the checkout, for the tests that need it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from naslib_incremental.foundation.storage import data_folders

# Read before any test sets its own data folder.
FOLDERS = data_folders()


def shared_file(name: str) -> Path:
    """A file of shared/data/nasbench101; the test is skipped where it is missing."""
    for folder in FOLDERS:
        path = folder / "nasbench101" / name
        if path.exists():
            return path
    pytest.skip(f"the real data file nasbench101/{name} is missing")


def run0_columns() -> dict[str, NDArray[Any]]:
    """The columns of run0_test.npz, rows ascending by the official MD5."""
    with np.load(shared_file("run0_test.npz")) as file:
        return dict(file)


def run0_cell(columns: dict[str, NDArray[Any]], row: int) -> tuple[list[list[int]], list[int]]:
    """The adjacency and inner operations of a row, read off the file's own description."""
    size, bits = int(columns["n_vertices"][row]), int(columns["edge_bits"][row])
    adjacency = [
        [int(x < y and bits >> (x + y * (y - 1) // 2) & 1) for y in range(size)]
        for x in range(size)
    ]
    return adjacency, columns["ops"][row, : size - 2].tolist()


def run0_words(columns: dict[str, NDArray[Any]]) -> NDArray[np.uint64]:
    """[423624] packed words of the rows."""
    words = columns["edge_bits"].astype(np.uint64)
    words |= columns["n_vertices"].astype(np.uint64) << np.uint64(31)
    for inner in range(5):
        operation = columns["ops"][:, inner].astype(np.uint64)
        words |= np.where(operation < 3, operation, 0).astype(np.uint64) << np.uint64(
            21 + 2 * inner
        )
    return words


def retrained() -> pd.DataFrame:
    """Independent retrainings of the 91 cells of up to four vertices, one row per training."""
    return pd.read_csv(shared_file("retrained_4v.csv"))
