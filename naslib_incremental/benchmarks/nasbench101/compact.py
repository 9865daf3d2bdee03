"""The compact .npz of NAS-Bench-101: test accuracy of one training of every cell, no validation."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.nasbench101.runs import Runs
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    LABEL_SHIFT,
    MOST_VERTICES,
    OPERATIONS,
    SIZE_SHIFT,
    prune_words,
)

EPOCHS = 108
TEST_IMAGES = 9984
"""Images of the test set in whole batches; an accuracy is a number of them."""

COLUMNS = ("n_vertices", "edge_bits", "ops", "test_acc_x9984", "trainable_parameters")


def read_compact(path: Path) -> Runs:
    """One training run of each cell.

    Raises:
        UserError: the file is damaged, or holds other columns.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            columns = {name: file[name].astype(np.int64) for name in COLUMNS}
        words = _words(columns["n_vertices"], columns["edge_bits"], columns["ops"])
        test = columns["test_acc_x9984"] / TEST_IMAGES
        if not words.shape == test.shape == columns["trainable_parameters"].shape:
            raise ValueError("columns of different lengths")
    except (BadZipFile, EOFError, KeyError, OSError, TypeError, ValueError, zlib.error) as error:
        raise UserError(
            f"an .npz file with the columns {', '.join(COLUMNS)}",
            f"{path}: {' '.join(str(error).split())}",
            "give an unaltered file",
        ) from error
    epochs = np.full(len(words), EPOCHS)
    return Runs(words, epochs, None, test, None, columns["trainable_parameters"])


def _words(
    sizes: NDArray[np.int64], edge_bits: NDArray[np.int64], operations: NDArray[Any]
) -> NDArray[np.uint64]:
    """[M] packed cells, NO_CELL where there is none."""
    inner = np.arange(MOST_VERTICES - 2)
    used = inner < sizes[:, None] - 2
    valid = (sizes >= 2) & (sizes <= MOST_VERTICES)
    valid &= edge_bits >> (sizes * (sizes - 1) // 2) == 0
    valid &= np.all(~used | ((operations >= 0) & (operations < OPERATIONS)), axis=1)
    labels = np.where(used, operations, 0) << (LABEL_SHIFT + 2 * inner)
    words = edge_bits | labels.sum(axis=1) | sizes << SIZE_SHIFT
    return np.asarray(prune_words(np.where(valid, words, 2 << SIZE_SHIFT).astype(np.uint64)))
