"""The files of NAS-Bench-201, and the tables that are imported from them."""

from __future__ import annotations

import bz2
import hashlib
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar
from zipfile import BadZipFile, ZipFile

from naslib_incremental.benchmarks.contract import DataFile, DataSource
from naslib_incremental.benchmarks.formats import BEGINNING, first_bytes
from naslib_incremental.benchmarks.formats.pickles import first_of_torch
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench201.trainings import (
    CELL_FILE,
    CELLS,
    EXTRA_COLUMNS,
    META_FILE,
    Arrays,
    read_extra,
    read_naslib,
    read_nats,
    read_official,
)
from naslib_incremental.foundation.storage import file_sha256
from naslib_incremental.search_spaces_ext.nasbench201 import NASBench201Space

# The rows follow the space's numbering, so its version is part of the table's.
TABLE_VERSION = f"v1.{NASBench201Space.version}"
META = b"meta_archs"


class TableSource(DataSource):
    """Files that become one table over all cells."""

    benchmark = folder = "nasbench201"

    @abstractmethod
    def read(self, path: Path) -> Arrays:
        """The columns of a file, or a folder; UserError where it is damaged or foreign."""

    def import_table(self, path: Path) -> Imported:
        """Read it into the cache, or find that it was before.

        Raises:
            UserError: it is missing, damaged or foreign.
        """
        if path.is_dir():
            table = Imported(self.benchmark, self.kinds[0], _folder_sha256(path), path.name)
        else:
            table = Imported.of_file(self.benchmark, self.kinds[0], path)
        return table.build(lambda: self.read(path))

    def import_file(self, path: Path) -> list[str]:  # noqa: D102
        table = self.import_table(path)
        columns = sorted(name.replace("_", " ") for name in table.open())
        return [f"{table.name}: {CELLS:,} cells, {', '.join(columns)}"]


def _folder_sha256(folder: Path) -> str:
    """Of the names and the contents of the cells' files."""
    digest = hashlib.sha256()
    for file in sorted(one for one in folder.iterdir() if CELL_FILE.fullmatch(one.name)):
        digest.update(f"{file.name} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


class Nats(TableSource):
    """NATS-Bench's topology space, a folder or one file."""

    title = "NATS-Bench, topology space: validation and test of up to 3 trainings"
    origin = "Dong et al. 2021, github.com/D-X-Y/NATS-Bench"
    licence = "MIT"
    files = (
        DataFile("NATS-tss-v1_0-3ffb9-simple", "1.15 GB as .tar, to be unpacked into a folder"),
        DataFile("NATS-tss-v1_0-3ffb9.pickle.pbz2"),
    )
    kinds: ClassVar[tuple[str, ...]] = (f"nats-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """A folder with the file of all names, or a bzip2 file that begins with them."""
        if path.is_dir():
            return (path / META_FILE).exists()
        try:
            with bz2.open(path) as file:
                return META in file.read(BEGINNING)
        except (OSError, EOFError):
            return False

    def read(self, path: Path) -> Arrays:  # noqa: D102
        return read_nats(path)


class Official(TableSource):
    """The file of NAS-Bench-201's authors."""

    title = "official trainings of version 1.1: validation and test of up to 3 trainings"
    origin = "Dong and Yang 2020, github.com/D-X-Y/NAS-Bench-201"
    licence = "MIT"
    files = (DataFile("NAS-Bench-201-v1_1-096897.pth", "4.7 GB"),)
    kinds: ClassVar[tuple[str, ...]] = (f"official-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it is a file of torch that begins with the names of all cells."""
        return META in first_of_torch(path)

    def read(self, path: Path) -> Arrays:  # noqa: D102
        return read_official(path)


class NASLibPickles(TableSource):
    """The pickles that NASLib reads, one a data set."""

    title = "NASLib's pickles: validation of one training, no test accuracy"
    origin = "NASLib, github.com/automl/NASLib"
    licence = "Apache-2.0"
    files = tuple(
        DataFile(f"nb201_{name}_full_training.pickle")
        for name in ("cifar10", "cifar100", "ImageNet16")
    )
    kinds: ClassVar[tuple[str, ...]] = (f"naslib-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it begins as a pickle of a cell's learning curves."""
        start = first_bytes(path)
        return start.startswith(b"\x80") and b"~0|+|" in start and b"train_acc1es" in start

    def read(self, path: Path) -> Arrays:  # noqa: D102
        return read_naslib(path)


class Extra(TableSource):
    """The compact .npz of test accuracies."""

    title = "test accuracy, mean over the trainings of a cell"
    origin = "github.com/v-tao/nats-bench-landscape, derived from NATS-Bench"
    licence = ""
    files = (DataFile("nb201_extra.npz", "0.7 MB"),)
    kinds: ClassVar[tuple[str, ...]] = (f"extra-table-{TABLE_VERSION}",)

    def recognises(self, path: Path) -> bool:
        """Whether it is an .npz file with the columns."""
        try:
            with ZipFile(path) as file:
                return {f"{name}.npy" for name in EXTRA_COLUMNS} <= {*file.namelist()}
        except (BadZipFile, OSError):
            return False

    def read(self, path: Path) -> Arrays:  # noqa: D102
        return read_extra(path)


NATS, OFFICIAL, NASLIB, EXTRA = Nats(), Official(), NASLibPickles(), Extra()
