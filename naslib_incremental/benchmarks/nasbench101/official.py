"""The official TFRecord files of NAS-Bench-101: one training run a record.

A payload is the JSON list [module hash, epochs, adjacency, operations, metrics]: V x V digits row
by row, operations joined by commas, and the base64 of a ``ModelMetrics`` message.
"""

from __future__ import annotations

import json
from array import array
from base64 import b64decode
from functools import lru_cache
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from naslib_incremental.benchmarks.formats.tfrecord import damaged_record, read_records
from naslib_incremental.benchmarks.nasbench101.metrics import ModelMetrics
from naslib_incremental.benchmarks.nasbench101.runs import Runs
from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    LABEL_SHIFT,
    MOST_VERTICES,
    SIZE_SHIFT,
    prune_words,
)
from naslib_incremental.search_spaces_ext.nasbench101.space import OPERATIONS

BAR_STEP = 10_000


def read_tfrecord(path: Path) -> Runs:
    """All training runs of a file, with a progress bar on a terminal.

    Raises:
        UserError: the file is cut off, damaged or foreign; says at which byte.
    """
    words, epochs, parameters = array("Q"), array("q"), array("q")
    validation, test, seconds = array("d"), array("d"), array("d")
    total = path.stat().st_size
    with tqdm(total=total, desc=path.name, unit="B", unit_scale=True, disable=None) as bar:
        for number, (offset, payload) in enumerate(read_records(path)):
            try:
                _, budget, adjacency, operations, encoded = json.loads(payload)
                metrics = ModelMetrics.FromString(b64decode(encoded, validate=True))
                _, _, final = metrics.evaluation_data
                words.append(_word(adjacency, operations))
                epochs.append(budget)
            except Exception as error:
                # JSON, base64 and protocol buffers fail in many ways: all are the file's.
                reason = f"no record of NAS-Bench-101 ({error})"
                raise damaged_record(path, offset, reason) from error
            validation.append(final.validation_accuracy)
            test.append(final.test_accuracy)
            seconds.append(final.training_time)
            parameters.append(metrics.trainable_parameters)
            if number % BAR_STEP == 0:
                bar.update(offset - bar.n)
        bar.update(total - bar.n)
    return Runs(
        prune_words(_column(words, np.uint64)),
        _column(epochs, np.int64),
        _column(validation, np.float64),
        _column(test, np.float64),
        _column(seconds, np.float64),
        _column(parameters, np.int64),
    )


def _column(values: array[Any], dtype: Any) -> NDArray[Any]:
    return np.frombuffer(values, dtype)


def _word(adjacency: str, operations: str) -> int:
    word = _edge_bits(adjacency) | _label_bits(operations)
    if word >> SIZE_SHIFT != operations.count(",") + 1:
        raise ValueError(f"the operations {operations} for {word >> SIZE_SHIFT} vertices")
    return word


# Few different adjacencies and operations occur, each of them in many records.
@lru_cache(maxsize=1 << 16)
def _edge_bits(adjacency: str) -> int:
    """Size and edge bits of a word."""
    size = isqrt(len(adjacency))
    if size * size != len(adjacency) or not 2 <= size <= MOST_VERTICES:
        raise ValueError(f"an adjacency of {len(adjacency)} digits")
    bits = size << SIZE_SHIFT
    for place, digit in enumerate(adjacency):
        source, target = divmod(place, size)
        if digit == "1" and source < target:
            bits |= 1 << (source + target * (target - 1) // 2)
        elif digit != "0":
            raise ValueError(f"{digit!r} in row {source} of an adjacency")
    return bits


@lru_cache(maxsize=1 << 12)
def _label_bits(operations: str) -> int:
    """Label bits of a word."""
    first, *inner, last = operations.split(",")
    if (first, last) != ("input", "output"):
        raise ValueError(f"operations from {first!r} to {last!r}")
    return sum(
        OPERATIONS.index(name) << (LABEL_SHIFT + 2 * place) for place, name in enumerate(inner)
    )
