"""The files of NAS-Bench-101: where they lie, what they are, and the tables imported from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from naslib_incremental.benchmarks.formats.tfrecord import HEADER, begins_a_record
from naslib_incremental.benchmarks.nasbench101.compact import read_compact
from naslib_incremental.benchmarks.nasbench101.naslib_pickle import read_pickle
from naslib_incremental.benchmarks.nasbench101.official import read_tfrecord
from naslib_incremental.benchmarks.nasbench101.runs import Runs, tabulate
from naslib_incremental.foundation.array_cache import cached_keys, open_or_build
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders, file_sha256
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space

FOLDER = "nasbench101"
CACHE_KIND = "nasbench101_tables"
# The rows follow the space's numbering, so its version is part of the table's.
TABLE_VERSION = f"1.{NASBench101Space.version}"

COMPACT = "run0_test.npz"
NASLIB_PICKLE = "nasbench_only108.pkl"

OFFICIAL_CHECKSUMS = {
    "nasbench_only108.tfrecord": "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
    "nasbench_full.tfrecord": "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
}
"""SHA-256 of the files that the benchmark's authors published."""

KNOWN = (*reversed(OFFICIAL_CHECKSUMS), NASLIB_PICKLE, COMPACT)
"""File names that are looked for, the best first."""


@dataclass(frozen=True)
class ImportedTable:
    """A table in the cache.

    Attributes:
        name: of the file it was made from.
        sha256: of that file.
        key: of the cache's entry.
    """

    name: str
    sha256: str
    key: str

    def open(self) -> dict[str, NDArray[Any]]:
        """The columns, memory-mapped.

        Raises:
            UserError: the cache's entry is damaged.
        """
        return open_or_build(CACHE_KIND, self.key, self._damaged)

    def _damaged(self) -> dict[str, NDArray[Any]]:
        raise UserError(
            f"an undamaged table of {self.name} in the cache",
            "a damaged one",
            f"naslib-data import {self.name}",
        )


def files_at_hand() -> list[Path]:
    """Files with a known name in the data folders or their ``nasbench101``, best first."""
    folders = [place for folder in data_folders() for place in (folder / FOLDER, folder)]
    paths = [folder / name for name in KNOWN for folder in folders]
    return [path for path in paths if path.is_file()]


def tables_at_hand() -> list[ImportedTable]:
    """The tables that were imported."""
    pattern = re.compile(rf"v{re.escape(TABLE_VERSION)}-([0-9a-f]{{64}})-(.+)")
    matches = [(pattern.fullmatch(key), key) for key in cached_keys(CACHE_KIND)]
    return [ImportedTable(match[2], match[1], key) for match, key in matches if match]


def import_file(path: Path) -> ImportedTable:
    """Read a file of the benchmark into a table in the cache, or find that it was before.

    Raises:
        UserError: the file is missing, damaged, foreign, or does not cover the space.
    """
    read = _reader_of(path)
    sha256 = file_sha256(path)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.name)
    table = ImportedTable(name, sha256, f"v{TABLE_VERSION}-{sha256}-{name}")
    open_or_build(
        CACHE_KIND, table.key, lambda: tabulate(read(path), NASBench101Space().graph.keys, path)
    )
    return table


def _reader_of(path: Path) -> Callable[[Path], Runs]:
    """The reader for a file's first bytes; what begins like nothing known is a damaged TFRecord."""
    try:
        with path.open("rb") as file:
            start = file.read(HEADER.size)
    except OSError as error:
        raise UserError(
            "a readable file of NAS-Bench-101",
            f"{path} ({error.strerror})",
            "naslib-data status",
        ) from error
    if begins_a_record(start):
        return read_tfrecord
    if start.startswith(b"PK"):
        return read_compact
    return read_pickle if start.startswith(b"\x80") else read_tfrecord
