"""The files of NAS-Bench-101, and the tables that are imported from them."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar
from zipfile import BadZipFile, ZipFile

from naslib_incremental.benchmarks.contract import DataFile, DataSource
from naslib_incremental.benchmarks.formats import first_bytes
from naslib_incremental.benchmarks.formats.tfrecord import HEADER, begins_a_record
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench101.trainings import (
    COMPACT_COLUMNS,
    Trainings,
    read_compact,
    read_naslib,
    read_official,
    tabulate,
)
from naslib_incremental.search_spaces_ext.nasbench101 import NASBench101Space

# The rows follow the space's numbering, so its version is part of the table's.
TABLE_VERSION = f"v1.{NASBench101Space.version}"
OFFICIAL_ADDRESS = "https://storage.googleapis.com/nasbench"
PICKLE_START = b"\x80"


class TableSource(DataSource):
    """Files that have trainings of every cell: they become one table over the whole space."""

    benchmark = folder = "nasbench101"

    @abstractmethod
    def read(self, path: Path) -> Trainings:
        """The trainings of a file; UserError where it is damaged or foreign."""

    def import_table(self, path: Path) -> Imported:
        """Read a file into a table in the cache, or find that it was before.

        Raises:
            UserError: the file is missing, damaged, foreign, or does not cover the space.
        """
        table = Imported.of_file(self.benchmark, self.kinds[0], path)
        keys = NASBench101Space().graph.keys
        return table.build(lambda: tabulate(self.read(path), keys, path))

    def import_file(self, path: Path) -> list[str]:  # noqa: D102
        table = self.import_table(path)
        columns = table.open()
        cells, budgets, repeats = columns["test"].shape
        lacks = "" if "validation" in columns else ", no validation accuracy"
        counts = f"{cells:,} cells x {budgets} epoch budgets x {repeats} trainings"
        return [f"{table.name}: {counts}{lacks}"]


class Official(TableSource):
    """The TFRecord files of the benchmark's authors."""

    title = "official trainings, TFRecord"
    origin = "Ying et al. 2019, github.com/google-research/nasbench"
    licence = "Apache-2.0"
    files = (
        DataFile(
            "nasbench_only108.tfrecord",
            "499 MB",
            f"{OFFICIAL_ADDRESS}/nasbench_only108.tfrecord",
            "4c39c3936e36a85269881d659e44e61a245babcb72cb374eacacf75d0e5f4fd1",
        ),
        DataFile(
            "nasbench_full.tfrecord",
            "1.95 GB",
            f"{OFFICIAL_ADDRESS}/nasbench_full.tfrecord",
            "3d64db8180fb1b0207212f9032205064312b6907a3bbc81eabea10db2f5c7e9c",
        ),
    )
    kinds: ClassVar[tuple[str, ...]] = (f"official-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it begins as a record that holds a list with a text first."""
        start = first_bytes(path)
        return begins_a_record(start) and start[HEADER.size :].startswith(b'["')

    def read(self, path: Path) -> Trainings:  # noqa: D102
        return read_official(path)


class NASLibPickle(TableSource):
    """The pickle that NASLib makes of the 108-epoch file."""

    title = "NASLib's pickle of the official trainings"
    origin = "NASLib, github.com/automl/NASLib"
    licence = "Apache-2.0"
    files = (DataFile("nasbench_only108.pkl"),)
    kinds: ClassVar[tuple[str, ...]] = (f"naslib-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it begins as a pickle of a cell."""
        start = first_bytes(path)
        return start.startswith(PICKLE_START) and b"module_adjacency" in start

    def read(self, path: Path) -> Trainings:  # noqa: D102
        return read_naslib(path)


class Compact(TableSource):
    """The compact .npz of single runs."""

    title = "test accuracy of one training of every cell, no validation accuracy"
    origin = "made from github.com/Tongzhou0101/ObfuNAS"
    licence = "MIT"
    files = (DataFile("run0_test.npz", "2.9 MB"),)
    kinds: ClassVar[tuple[str, ...]] = (f"compact-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it is an .npz file with the columns."""
        try:
            with ZipFile(path) as file:
                return {f"{name}.npy" for name in COMPACT_COLUMNS} <= {*file.namelist()}
        except (BadZipFile, OSError):
            return False

    def read(self, path: Path) -> Trainings:  # noqa: D102
        return read_compact(path)


OFFICIAL, NASLIB, COMPACT = Official(), NASLibPickle(), Compact()
