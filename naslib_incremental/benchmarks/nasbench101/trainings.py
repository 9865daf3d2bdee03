"""The trainings of NAS-Bench-101: three formats of files read into columns, and one table of them.

Official TFRecord files: a record is one training run, the JSON list [module hash, epochs,
adjacency, operations, metrics]: V x V digits row by row, operations joined by commas, and the
base64 of a ``ModelMetrics`` message. NASLib's pickle: {module hash: (fixed, computed)}; ``fixed``
has the adjacency, the operations and the number of parameters, ``computed`` a list of trainings by
number of epochs. The compact .npz: test accuracy of one training of every cell, no validation.
"""

from __future__ import annotations

import json
import zlib
from array import array
from base64 import b64decode
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isqrt
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from numpy.typing import NDArray
from tqdm import tqdm

from naslib_incremental.benchmarks.formats import ForeignFileError, explained, pickles
from naslib_incremental.benchmarks.formats.tfrecord import damaged_record, read_records
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.kernels import (
    LABEL_SHIFT,
    MOST_VERTICES,
    NO_CELL,
    SIZE_SHIFT,
    hash_words,
    prune_words,
)
from naslib_incremental.search_spaces_ext.nasbench101.space import OPERATIONS, cell_to_word

FINAL_EPOCHS = 108
BAR_STEP = 10_000

TEST_IMAGES = 9984
"""Images of the test set in whole batches; a compact accuracy is a number of them."""

COMPACT_COLUMNS = ("n_vertices", "edge_bits", "ops", "test_acc_x9984", "trainable_parameters")


@dataclass(frozen=True)
class Trainings:
    """M trainings; the repeats of a cell come in their order in the file.

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


def tabulate(
    trainings: Trainings, keys: NDArray[np.uint64], source: Path
) -> dict[str, NDArray[Any]]:
    """The trainings as one table over V cells, E epoch budgets and R repeats.

    Args:
        trainings: every cell, as often and for as many budgets as every other.
        keys: [V] ascending isomorphism keys of the cells.
        source: the file, for messages.

    Returns:
        ``epochs`` [E], ``test`` [V, E, R], ``parameters`` [V], and where the file has them
        ``validation`` and ``training_seconds`` [V, E, R].

    Raises:
        UserError: cells are missing, strange, or trained more often than others.
    """
    budgets, budget = np.unique(trainings.epochs, return_inverse=True)
    row = _rows_of(trainings.words, keys, source)
    order = np.lexsort((budget, row))
    repeats = len(row) // (len(keys) * len(budgets)) if len(budgets) else 0
    shape = (len(keys), len(budgets), repeats)
    if repeats == 0 or len(row) != np.prod(shape):
        raise _incomplete(source, keys, row, "as many trainings for each")
    rows, places, _ = np.indices(shape, sparse=True)
    sorted_rows, sorted_places = row[order].reshape(shape), budget[order].reshape(shape)
    if np.any(sorted_rows != rows) or np.any(sorted_places != places):
        raise _incomplete(source, keys, row, "each for the same epochs")
    table = {"epochs": budgets, "parameters": trainings.parameters[order][:: shape[1] * repeats]}
    for name in ("validation", "test", "training_seconds"):
        column = getattr(trainings, name)
        if column is not None:
            table[name] = column[order].reshape(shape)
    return table


def _rows_of(
    words: NDArray[np.uint64], keys: NDArray[np.uint64], source: Path
) -> NDArray[np.int64]:
    """[M] the row of each training's cell among the keys."""
    found = hash_words(words)
    rows = np.minimum(np.searchsorted(keys, found), len(keys) - 1)
    strange = np.flatnonzero((words == NO_CELL) | (keys[rows] != found))
    if len(strange):
        raise UserError(
            "cells of NAS-Bench-101 only",
            f"{source}: another in training {strange[0]}",
            "give an unaltered file of the benchmark",
        )
    return rows


def _incomplete(
    source: Path, keys: NDArray[np.uint64], rows: NDArray[np.int64], wanted: str
) -> UserError:
    return UserError(
        f"all {len(keys)} cells of NAS-Bench-101, {wanted}",
        f"{source}: {len(rows)} trainings of {len(np.unique(rows))} cells",
        "give a whole file of the benchmark",
    )


def _model_metrics() -> Any:
    """The message class ``ModelMetrics`` of the benchmark's ``model_metrics.proto`` (proto2)."""
    package = "naslib_incremental.nasbench101"
    double, string = FieldDescriptorProto.TYPE_DOUBLE, FieldDescriptorProto.TYPE_STRING
    message, integer = FieldDescriptorProto.TYPE_MESSAGE, FieldDescriptorProto.TYPE_INT32
    evaluation = {
        "current_epoch": (1, double),
        "training_time": (2, double),
        "train_accuracy": (3, double),
        "validation_accuracy": (4, double),
        "test_accuracy": (5, double),
        "checkpoint_path": (6, string),
    }
    metrics = {
        "evaluation_data": (1, message),
        "trainable_parameters": (2, integer),
        "total_time": (3, double),
    }
    file = FileDescriptorProto(name="model_metrics.proto", package=package, syntax="proto2")
    for name, fields in (("EvaluationData", evaluation), ("ModelMetrics", metrics)):
        described = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            added = described.field.add(name=field, number=number, type=kind)
            added.label = FieldDescriptorProto.LABEL_OPTIONAL
            if kind == message:
                added.label = FieldDescriptorProto.LABEL_REPEATED
                added.type_name = f".{package}.EvaluationData"
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{package}.ModelMetrics"))


ModelMetrics = _model_metrics()
"""Message class: repeated ``evaluation_data`` (start, halfway, end of a training), and sizes."""


def read_official(path: Path) -> Trainings:
    """All trainings of a TFRecord file, with a progress bar on a terminal.

    Raises:
        UserError: the file is cut off, damaged or foreign; says at which byte.
    """
    with explained(path, "a whole TFRecord file of NAS-Bench-101", "get the file again"):
        return _read_official(path)


def _read_official(path: Path) -> Trainings:
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
                raise damaged_record(offset, reason) from error
            validation.append(final.validation_accuracy)
            test.append(final.test_accuracy)
            seconds.append(final.training_time)
            parameters.append(metrics.trainable_parameters)
            if number % BAR_STEP == 0:
                bar.update(offset - bar.n)
        bar.update(total - bar.n)
    columns = _trainings(words, epochs, validation, test, seconds, parameters)
    return replace(columns, words=prune_words(columns.words))


def _trainings(
    words: array[int],
    epochs: array[int],
    validation: array[float],
    test: array[float],
    seconds: array[float],
    parameters: array[int],
) -> Trainings:
    return Trainings(
        np.frombuffer(words, np.uint64),
        np.frombuffer(epochs, np.int64),
        np.frombuffer(validation, np.float64),
        np.frombuffer(test, np.float64),
        np.frombuffer(seconds, np.float64),
        np.frombuffer(parameters, np.int64),
    )


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


def read_naslib(path: Path) -> Trainings:
    """All trainings of NASLib's pickle.

    Raises:
        UserError: it is damaged, names anything but arrays and numbers, or is no such table.
    """
    with explained(
        path,
        "NASLib's pickle of NAS-Bench-101, of plain containers and arrays of numbers",
        "give nasbench_only108.pkl, or the official file nasbench_only108.tfrecord",
    ):
        table = pickles.load(path, pickles.BYTES | pickles.ARRAYS)
        try:
            return _of_naslib(table)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            reason = f"no such table ({type(error).__name__}: {error})"
            raise ForeignFileError(reason) from error


def _of_naslib(table: Any) -> Trainings:
    words, epochs, parameters = array("Q"), array("q"), array("q")
    validation, test, seconds = array("d"), array("d"), array("d")
    for fixed, computed in table.values():
        operations = [OPERATIONS.index(name) for name in fixed["module_operations"][1:-1]]
        adjacency = fixed["module_adjacency"].view().astype(np.int64).tolist()
        word = cell_to_word(adjacency, operations)
        for budget, repeats in computed.items():
            for training in repeats:
                words.append(word)
                epochs.append(budget)
                parameters.append(fixed["trainable_parameters"])
                validation.append(training["final_validation_accuracy"])
                test.append(training["final_test_accuracy"])
                seconds.append(training["final_training_time"])
    if not words:
        raise ValueError("no cells")
    return _trainings(words, epochs, validation, test, seconds, parameters)


def read_compact(path: Path) -> Trainings:
    """One training of each cell.

    Raises:
        UserError: the file is damaged, or holds other columns.
    """
    expected = f"an .npz file with the columns {', '.join(COMPACT_COLUMNS)}"
    with explained(path, expected, "give an unaltered file"):
        try:
            return _read_compact(path)
        except (
            BadZipFile,
            EOFError,
            KeyError,
            OSError,
            TypeError,
            ValueError,
            zlib.error,
        ) as error:
            raise ForeignFileError(str(error)) from error


def _read_compact(path: Path) -> Trainings:
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        columns = {name: file[name].astype(np.int64) for name in COMPACT_COLUMNS}
    words = _compact_words(columns["n_vertices"], columns["edge_bits"], columns["ops"])
    test = columns["test_acc_x9984"] / TEST_IMAGES
    if not words.shape == test.shape == columns["trainable_parameters"].shape:
        raise ValueError("columns of different lengths")
    epochs = np.full(len(words), FINAL_EPOCHS)
    return Trainings(words, epochs, None, test, None, columns["trainable_parameters"])


def _compact_words(
    sizes: NDArray[np.int64], edge_bits: NDArray[np.int64], operations: NDArray[Any]
) -> NDArray[np.uint64]:
    """[M] packed cells, NO_CELL where there is none."""
    inner = np.arange(MOST_VERTICES - 2)
    used = inner < sizes[:, None] - 2
    valid = (sizes >= 2) & (sizes <= MOST_VERTICES)
    valid &= edge_bits >> (sizes * (sizes - 1) // 2) == 0
    valid &= np.all(~used | ((operations >= 0) & (operations < len(OPERATIONS))), axis=1)
    labels = np.where(used, operations, 0) << (LABEL_SHIFT + 2 * inner)
    words = edge_bits | labels.sum(axis=1) | sizes << SIZE_SHIFT
    return np.asarray(prune_words(np.where(valid, words, 2 << SIZE_SHIFT).astype(np.uint64)))
