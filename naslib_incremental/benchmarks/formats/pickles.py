"""Pickles, read without running anything that they name.

A pickle is a program: it names classes and functions, and calls them. Here a name stands for what a
table says, and every other name is refused. What the tables give are inert stand-ins, which no
pickle can alter.
"""

from __future__ import annotations

import bz2
import io
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats import BEGINNING, ForeignFileError, first_bytes

TORCH_MAGIC = 0x1950A86A20F9469CFC6C
"""What the older files of torch begin with, as a pickle of its own."""

Allowed = dict[tuple[str, str], Callable[..., Any]]
"""What stands for a (module, name) that a pickle names."""


def load(source: Path | bytes, allowed: Allowed) -> Any:
    """What a pickle holds: plain containers, text and numbers, and what ``allowed`` gives.

    Args:
        source: the file, or its bytes.
        allowed: the names that may be constructed, e.g. ``BYTES | ARRAYS``.

    Raises:
        ForeignFileError: the pickle is missing or damaged, or names anything else.
    """
    return _read(
        lambda: source.open("rb") if isinstance(source, Path) else io.BytesIO(source),
        lambda file: _Unpickler(file, allowed).load(),
    )


def load_bz2(path: Path, allowed: Allowed) -> Any:
    """The same of a pickle that is compressed by bzip2."""
    return _read(
        lambda: bz2.open(path),
        lambda file: _Unpickler(file, allowed).load(),
    )


def load_torch(path: Path, allowed: Allowed) -> Any:
    """The same of a file of ``torch.save``, a zip or older; tensors in it are left out, as None."""
    named = allowed | TENSORS

    def older(file: BinaryIO) -> Any:
        if _Unpickler(file, {}).load() != TORCH_MAGIC:
            raise pickle.UnpicklingError("no file of torch")
        for _ in ("version of the format", "byte order and sizes"):
            _Unpickler(file, {}).load()
        return _TorchUnpickler(file, named).load()

    if not is_zipfile(path):
        return _read(lambda: path.open("rb"), older)
    try:
        with ZipFile(path) as archive:
            name = _torch_member(archive)
            return _read(
                lambda: archive.open(name), lambda file: _TorchUnpickler(file, named).load()
            )
    except (BadZipFile, OSError, KeyError, StopIteration) as error:
        raise ForeignFileError(f"no zip of torch ({error or 'no data.pkl'})") from error


def first_of_torch(path: Path) -> bytes:
    """What the pickle of a file of ``torch.save`` begins with; nothing where it is none."""
    try:
        with ZipFile(path) as archive, archive.open(_torch_member(archive)) as file:
            return file.read(BEGINNING)
    except StopIteration:
        return b""
    except (BadZipFile, OSError, NotImplementedError, RuntimeError, zlib.error):
        start = first_bytes(path)
        return start if start.startswith(pickle.dumps(TORCH_MAGIC, 2)) else b""


def _torch_member(archive: ZipFile) -> str:
    """The name of the pickle in a zip of torch; StopIteration where there is none."""
    return next(name for name in archive.namelist() if name.split("/")[1:] == ["data.pkl"])


def _read(open_file: Callable[[], Any], read: Callable[[Any], Any]) -> Any:
    place = 0
    try:
        with open_file() as file:
            try:
                return read(file)
            finally:
                place = file.tell()
    except Exception as error:
        # Damaged pickles fail in many ways (EOFError, IndexError, KeyError, ...).
        reason = str(error) or type(error).__name__
        raise ForeignFileError(f"{reason} before byte {place}") from error


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: Any, allowed: Allowed) -> None:
        super().__init__(file)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is refused") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"a persistent object {pid!r} is refused")


class _TorchUnpickler(_Unpickler):
    """Takes no storage of a tensor from where a file keeps it."""

    def persistent_load(self, pid: Any) -> Any:
        return None


class _Sealed(type):
    """Makes classes that a pickle cannot alter: one may set attributes of what it names."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise pickle.UnpicklingError(f"a change of {cls.__name__} is refused")


class _Function:
    """A function that a pickle may call, and not alter."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a change of a function is refused")


def _to_bytes(data: Any = b"", encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"text in {encoding!r}")
    if isinstance(data, str):
        return data.encode("latin1")
    if not isinstance(data, (bytes, bytearray)):
        raise pickle.UnpicklingError(f"bytes of {type(data).__name__}")
    return bytes(data)


class _Dtype(metaclass=_Sealed):
    """Stands for a dtype of plain little-endian numbers; its pickled state is checked only."""

    codes = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"})

    def __init__(self, code: str, *_: Any) -> None:
        if code not in self.codes:
            raise pickle.UnpicklingError(f"dtype {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<" and not (state[1] == "|" and self.dtype.itemsize == 1):
            raise pickle.UnpicklingError(f"byte order {state[1]!r}")


class _Float64(_Dtype):
    codes = frozenset({"f8"})


class PickledArray(metaclass=_Sealed):
    """Stands for an array of numbers; keeps its bytes, which are smaller than what numpy makes."""

    __slots__ = ("_dtype", "_is_fortran", "_raw", "_shape")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, self._shape, kind, self._is_fortran, self._raw = state
        self._dtype = _dtype_of(kind)
        if not isinstance(self._raw, bytes):
            raise pickle.UnpicklingError(f"an array over {type(self._raw).__name__}")

    def view(self) -> NDArray[Any]:
        """The array, read-only; ValueError or TypeError where its bytes do not fill its shape."""
        order: Any = "F" if self._is_fortran else "C"
        array: NDArray[Any] = np.ndarray(self._shape, self._dtype, self._raw, order=order)
        return array


class PickledBooster(metaclass=_Sealed):
    """Stands for a booster of xgboost or lightgbm; keeps its state, which is plain containers."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Entries(dict[Any, Any], metaclass=_Sealed):
    """Stands for the dictionaries of ``collections``; what makes their values is dropped."""

    def __init__(self, *_: Any) -> None:
        super().__init__()


def _dtype_of(kind: Any) -> np.dtype[Any]:
    if not isinstance(kind, _Dtype):
        raise pickle.UnpicklingError(f"a dtype that is a {type(kind).__name__}")
    return kind.dtype


def _scalar(kind: Any, data: bytes) -> Any:
    return np.frombuffer(data, _dtype_of(kind), count=1)[0].item()


def _from_buffer(raw: bytes, kind: Any, shape: tuple[int, ...], order: str) -> PickledArray:
    stand_in = PickledArray()
    stand_in.__setstate__((None, shape, kind, order == "F", bytes(raw)))
    return stand_in


def _new_booster(kind: Any, *_: Any) -> PickledBooster:
    if kind is not PickledBooster:
        raise pickle.UnpicklingError("an object that is no booster")
    return PickledBooster()


def _of_numpy(module: str, name: str, function: Callable[..., Any]) -> Allowed:
    """A function of numpy under its old and its new module."""
    return {
        (f"{core}.{module}", name): _Function(function) for core in ("numpy.core", "numpy._core")
    }


BYTES: Allowed = {("_codecs", "encode"): _Function(_to_bytes)}
"""Bytes, which protocols before 3 write as text."""

FLOAT64: Allowed = {
    ("numpy", "dtype"): _Float64,
    **_of_numpy("multiarray", "scalar", _scalar),
}
"""Scalars of numpy's float64, as floats."""

ARRAYS: Allowed = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): PickledArray,
    **_of_numpy("multiarray", "scalar", _scalar),
    **_of_numpy("multiarray", "_reconstruct", lambda *_: PickledArray()),
    **_of_numpy("numeric", "_frombuffer", _from_buffer),
}
"""Numpy's scalars as plain numbers, and its arrays of numbers as ``PickledArray``."""

BOOSTERS: Allowed = {
    ("lightgbm.basic", "Booster"): PickledBooster,
    ("xgboost.core", "Booster"): PickledBooster,
    ("collections", "OrderedDict"): _Entries,
    ("collections", "defaultdict"): _Entries,
    # The older protocols write Python 2's names.
    ("__builtin__", "bytearray"): _Function(_to_bytes),
    ("__builtin__", "object"): object,
    ("builtins", "bytearray"): _Function(_to_bytes),
    ("builtins", "object"): object,
    ("copy_reg", "_reconstructor"): _Function(_new_booster),
    ("copyreg", "_reconstructor"): _Function(_new_booster),
}
"""Boosters as ``PickledBooster``, with the containers of their state."""

CONTAINERS: Allowed = {
    ("collections", "OrderedDict"): _Entries,
    # Protocols before 4, which torch writes, name the type.
    ("__builtin__", "set"): _Function(set),
    ("builtins", "set"): _Function(set),
    **BYTES,
    **ARRAYS,
}
"""Plain containers with numbers of any kind."""

TENSORS: Allowed = {
    **{
        ("torch._utils", name): _Function(lambda *_: None)
        for name in ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter")
    },
    **{
        ("torch", f"{kind}Storage"): _Function(lambda *_: None)
        for kind in ("Float", "Double", "Half", "Long", "Int", "Short", "Char", "Byte", "Bool")
    },
    ("collections", "OrderedDict"): _Entries,
}
"""Tensors as None."""
