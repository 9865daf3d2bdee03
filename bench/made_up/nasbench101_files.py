"""Writers of NAS-Bench-101 files of any size, independent of the readers in the package."""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import google_crc32c
import numpy as np

from naslib_incremental.search_spaces_ext.nasbench101.module_hash import md5_module_hash
from naslib_incremental.search_spaces_ext.nasbench101.space import OPERATIONS, word_to_cell


@dataclass(frozen=True)
class Training:
    """One training run of a cell, as the benchmark records it."""

    module_hash: str
    adjacency: list[list[int]]
    operations: list[int]
    epochs: int
    validation: float
    test: float
    seconds: float
    parameters: int


def masked(data: bytes) -> bytes:
    """The masked CRC32C as it stands in the file."""
    crc = google_crc32c.value(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def evaluation(epoch: float, seconds: float, validation: float, test: float) -> bytes:
    """An EvaluationData message, framed as a field of ModelMetrics."""
    numbers = (epoch, seconds, 0.99, validation, test)
    body = b"".join(
        bytes([tag]) + struct.pack("<d", number)
        for tag, number in zip((0x09, 0x11, 0x19, 0x21, 0x29), numbers, strict=True)
    )
    path = f"/a/checkpoint/model.ckpt-{int(epoch)}".encode()
    body += b"\x32" + varint(len(path)) + path
    return b"\x0a" + varint(len(body)) + body


def metrics(training: Training) -> bytes:
    """A ModelMetrics message: start, halfway and end of a training."""
    return (
        evaluation(0.0, 0.0, 0.1, 0.1)
        + evaluation(training.epochs / 2, training.seconds / 2, 0.5, 0.5)
        + evaluation(training.epochs, training.seconds, training.validation, training.test)
        + b"\x10"
        + varint(training.parameters)
        + b"\x19"
        + struct.pack("<d", training.seconds + 1)
    )


def payload(training: Training) -> bytes:
    names = ("input", *(OPERATIONS[operation] for operation in training.operations), "output")
    record = [
        training.module_hash,
        training.epochs,
        "".join(str(entry) for row in training.adjacency for entry in row),
        ",".join(names),
        b64encode(metrics(training)).decode(),
    ]
    return json.dumps(record).encode()


def framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + masked(length) + data + masked(data)


def write_tfrecord(path: Path, trainings: Iterable[Training]) -> None:
    with path.open("wb") as file:
        for training in trainings:
            file.write(framed(payload(training)))


def made_up_trainings(
    words: np.ndarray, epochs: tuple[int, ...], repeats: int, seed: int, hashed: bool = True
) -> Iterator[Training]:
    """Trainings with random numbers of every cell; without hashes, which take longest to make."""
    rng = np.random.default_rng(seed)
    for word in words.tolist():
        adjacency, operations = word_to_cell(word)
        name = md5_module_hash(adjacency, operations) if hashed else "0" * 32
        parameters = int(rng.integers(1 << 26))
        for budget in epochs:
            for validation, test, seconds in rng.random((repeats, 3)):
                yield Training(
                    name,
                    adjacency,
                    operations,
                    budget,
                    float(validation),
                    float(test),
                    float(1000 * seconds),
                    parameters,
                )


def naslib_table(trainings: Iterable[Training], dtype: str = "int8") -> dict[str, tuple]:
    """The table that NASLib pickles."""
    table: dict[str, tuple] = {}
    for training in trainings:
        names = ["input", *(OPERATIONS[op] for op in training.operations), "output"]
        fixed = {
            "module_adjacency": np.array(training.adjacency, dtype),
            "module_operations": names,
            "trainable_parameters": training.parameters,
        }
        _, computed = table.setdefault(training.module_hash, (fixed, {}))
        computed.setdefault(training.epochs, []).append(
            {
                "halfway_training_time": training.seconds / 2,
                "halfway_train_accuracy": 0.5,
                "halfway_validation_accuracy": 0.5,
                "halfway_test_accuracy": 0.5,
                "final_training_time": training.seconds,
                "final_train_accuracy": 0.99,
                "final_validation_accuracy": training.validation,
                "final_test_accuracy": training.test,
            }
        )
    return table
