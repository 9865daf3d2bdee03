"""Arrays in the user's cache: written once, memory-mapped, safe with several processes at once."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from naslib_incremental.foundation.storage import cache_folder

logger = logging.getLogger(__name__)

FORMAT = 1
INDEX = "index.json"

Arrays = Mapping[str, NDArray[Any]]


class DamagedCacheError(Exception):
    """A cached entry is incomplete or altered."""


def open_or_build(kind: str, key: str, build: Callable[[], Arrays]) -> dict[str, NDArray[Any]]:
    """Named arrays from the cache, read-only, or built and cached.

    Args:
        kind: folder within the cache, e.g. ``"search_graphs"``.
        key: name of the entry; must change whenever ``build`` would give other arrays.
        build: makes the arrays.

    A damaged entry is built again, with a warning.
    """
    folder = cache_folder() / kind / f"{key}-f{FORMAT}"
    if (folder / INDEX).exists():
        try:
            return load(folder)
        except DamagedCacheError as error:
            logger.warning("damaged cache, building it again: %s", error)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        try:
            return load(folder)
        except DamagedCacheError:
            shutil.rmtree(folder, ignore_errors=True)
        _save(build(), folder)
    return load(folder)


def cached_keys(kind: str) -> list[str]:
    """Keys of the finished entries of a kind, sorted."""
    suffix = f"-f{FORMAT}"
    indices = (cache_folder() / kind).glob(f"*{suffix}/{INDEX}")
    return sorted(index.parent.name.removesuffix(suffix) for index in indices)


def load(folder: Path) -> dict[str, NDArray[Any]]:
    """Memory-map an entry after checking every array's checksum.

    Raises:
        DamagedCacheError: a file is missing or differs from what was written.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        arrays: dict[str, NDArray[Any]] = {}
        for name, checksum in index.items():
            mapped = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            if zlib.crc32(mapped.data) != checksum:
                raise DamagedCacheError(f"{folder / name}.npy has another checksum")
            # The memmap class does bookkeeping in Python at every gather; a plain view does not.
            arrays[name] = mapped.view(np.ndarray)
        return arrays
    except (OSError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise DamagedCacheError(f"{folder}: {error}") from error


def _save(arrays: Arrays, folder: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        index = {}
        for name, array in arrays.items():
            contiguous = np.ascontiguousarray(array)
            np.save(staging / f"{name}.npy", contiguous, allow_pickle=False)
            index[name] = zlib.crc32(contiguous.data)
        (staging / INDEX).write_text(json.dumps(index), encoding="utf-8")
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
