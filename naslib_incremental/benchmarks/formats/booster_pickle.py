"""Pickled boosters of xgboost and lightgbm, read without running anything that they name."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from naslib_incremental.foundation.errors import UserError


class _State:
    """Stands for a booster; keeps its pickled state, which is plain containers."""

    state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Entries(dict[Any, Any]):
    """Stands for the dictionaries of ``collections``; what makes their values is dropped."""

    def __init__(self, *_: Any) -> None:
        super().__init__()


def _to_bytes(data: Any = b"", encoding: str = "latin1") -> bytes:
    # The older pickle protocols write bytes as text.
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"text in {encoding!r}")
    if isinstance(data, str):
        return data.encode("latin1")
    if not isinstance(data, (bytes, bytearray)):
        raise pickle.UnpicklingError(f"bytes of {type(data).__name__}")
    return bytes(data)


def _rebuild(kind: Any, *_: Any) -> Any:
    if kind is not _State:
        raise pickle.UnpicklingError("an object that is no booster")
    return _State()


# The older pickle protocols use Python 2's names.
_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("__builtin__", "bytearray"): _to_bytes,
    ("__builtin__", "object"): object,
    ("builtins", "bytearray"): _to_bytes,
    ("builtins", "object"): object,
    ("_codecs", "encode"): _to_bytes,
    ("copy_reg", "_reconstructor"): _rebuild,
    ("copyreg", "_reconstructor"): _rebuild,
    ("collections", "OrderedDict"): _Entries,
    ("collections", "defaultdict"): _Entries,
    ("lightgbm.basic", "Booster"): _State,
    ("xgboost.core", "Booster"): _State,
}


class _BoosterUnpickler(pickle.Unpickler):
    """Knows plain containers and boosters, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is refused") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"a persistent object {pid!r} is refused")


def read_booster_handle(path: Path) -> bytes | str:
    """The serialised model of a pickled booster: bytes of xgboost, text of lightgbm.

    Raises:
        UserError: the file is missing or damaged, names anything but a booster, or is none.
    """
    try:
        with path.open("rb") as file:
            loaded = _BoosterUnpickler(file).load()
        if not isinstance(loaded, _State) or not isinstance(loaded.state, dict):
            raise pickle.UnpicklingError(f"a {type(loaded).__name__}, no booster")
        handle = loaded.state.get("handle", loaded.state.get("_handle"))
        if not isinstance(handle, (bytes, str)):
            raise pickle.UnpicklingError("a booster without a model")
    except Exception as error:
        # Damaged pickles fail in many ways (EOFError, IndexError, KeyError, ...).
        raise foreign_booster(path, str(error) or type(error).__name__) from error
    return handle


def foreign_booster(path: Path, reason: str) -> UserError:
    """The error of a file that is no booster."""
    return UserError(
        "a pickled booster of NAS-Bench-301's models",
        f"{path}: {' '.join(reason.split())[:300]}",
        "give the unaltered folder of nb_models_1.0",
    )
