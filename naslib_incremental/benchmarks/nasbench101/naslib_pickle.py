"""NASLib's pickle of NAS-Bench-101, read without running anything that it names.

The pickle is {module hash: (fixed, computed)}: ``fixed`` has the adjacency, the operations and the
number of parameters, ``computed`` a list of trainings by number of epochs.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from naslib_incremental.benchmarks.nasbench101.runs import Runs
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.nasbench101.space import OPERATIONS, cell_to_word

NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}


class _Dtype:
    """Stands for a dtype of plain little-endian numbers; its pickled state is checked only."""

    def __init__(self, code: str, *_: Any) -> None:
        if code not in NUMBERS:
            raise pickle.UnpicklingError(f"dtype {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in ("<", "|"):
            raise pickle.UnpicklingError(f"byte order {state[1]!r}")


class _Array:
    """Stands for an array; keeps its bytes, which are smaller than the array around them."""

    __slots__ = ("dtype", "is_fortran", "raw", "shape")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self.shape, kind, self.is_fortran, self.raw = state
        self.dtype = kind.dtype
        if not isinstance(self.raw, bytes):
            raise pickle.UnpicklingError(f"an array over {type(self.raw).__name__}")

    def rows(self) -> list[list[int]]:
        matrix = np.ndarray(self.shape, self.dtype, self.raw, order="F" if self.is_fortran else "C")
        rows: list[list[int]] = matrix.astype(np.int64).tolist()
        return rows


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _from_buffer(raw: bytes, kind: _Dtype, shape: tuple[int, ...], order: str) -> _Array:
    stand_in = _Array()
    stand_in.__setstate__((None, shape, kind, order == "F", bytes(raw)))
    return stand_in


def _scalar(kind: _Dtype, data: bytes) -> Any:
    return np.frombuffer(data, kind.dtype, count=1)[0].item()


def _encode(text: str, encoding: str) -> bytes:
    # How the older pickle protocols write bytes.
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"text in {encoding!r}")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("_codecs", "encode"): _encode,
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
}
for _core in ("numpy.core", "numpy._core"):
    _ALLOWED[f"{_core}.multiarray", "_reconstruct"] = _reconstruct
    _ALLOWED[f"{_core}.multiarray", "scalar"] = _scalar
    _ALLOWED[f"{_core}.numeric", "_frombuffer"] = _from_buffer


class _TableUnpickler(pickle.Unpickler):
    """Knows plain containers and arrays of numbers, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is refused") from None


def read_pickle(path: Path) -> Runs:
    """All training runs of the pickle.

    Raises:
        UserError: it is damaged, names anything but arrays and numbers, or is no such table.
    """
    with path.open("rb") as file:
        try:
            table = _TableUnpickler(file).load()
        except Exception as error:
            # Damaged pickles fail in many ways (EOFError, IndexError, KeyError, ...).
            reason = f"{error or type(error).__name__} before byte {file.tell()}"
            raise _foreign(path, reason) from error
    try:
        return _runs(table)
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise _foreign(path, f"no such table ({type(error).__name__}: {error})") from error


def _runs(table: Any) -> Runs:
    words, epochs, parameters = array("Q"), array("q"), array("q")
    validation, test, seconds = array("d"), array("d"), array("d")
    for fixed, computed in table.values():
        operations = [OPERATIONS.index(name) for name in fixed["module_operations"][1:-1]]
        word = cell_to_word(fixed["module_adjacency"].rows(), operations)
        for budget, repeats in computed.items():
            for run in repeats:
                words.append(word)
                epochs.append(budget)
                parameters.append(fixed["trainable_parameters"])
                validation.append(run["final_validation_accuracy"])
                test.append(run["final_test_accuracy"])
                seconds.append(run["final_training_time"])
    if not words:
        raise ValueError("no cells")
    return Runs(
        np.array(words, np.uint64),
        np.array(epochs, np.int64),
        np.array(validation, np.float64),
        np.array(test, np.float64),
        np.array(seconds, np.float64),
        np.array(parameters, np.int64),
    )


def _foreign(path: Path, reason: str) -> UserError:
    return UserError(
        "NASLib's pickle of NAS-Bench-101, of plain containers and arrays of numbers",
        f"{path}: {' '.join(reason.split())}",
        "give nasbench_only108.pkl, or the official file nasbench_only108.tfrecord",
    )
