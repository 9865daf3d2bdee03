"""The real data of NAS-Bench-301 beside the checkout; tests are skipped where it is missing."""

from __future__ import annotations

import ast
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from naslib_incremental.foundation.storage import data_folders


def shared_file(name: str) -> Path:
    """A file of ``nasbench301`` in the data folders."""
    for folder in data_folders():
        path = folder / "nasbench301" / name
        if path.exists():
            return path
    pytest.skip(f"{name} of NAS-Bench-301 is in none of the data folders")


def official_predictions() -> tuple[list[Any], np.ndarray]:
    """609 compact forms and what the official ensemble says of them, in per cent."""
    with shared_file("xgb_v1.0_predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    compacts = [ast.literal_eval(row["compact_arch"]) for row in rows]
    return compacts, np.array([float(row["val_accuracy"]) for row in rows])
