"""The contract of a benchmark: one batched query that says what architectures are worth.

Beside it the contract of the files that its numbers are made from.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.foundation.storage import data_folders, file_sha256
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

Accuracies = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What K architectures are worth.

    Attributes:
        validation: [K] in the benchmark's metric, accuracies as fractions; what a search may see.
        test: [K] likewise, NaN where the benchmark has none; for reports only.
        costs: further columns, each [K], e.g. ``"parameters"``; named with their unit.
    """

    validation: Accuracies
    test: Accuracies
    costs: Mapping[str, Accuracies] = field(default_factory=dict)

    def take(self, rows: NDArray[Any]) -> Answers:
        """The answers of some architectures."""
        costs = {name: column[rows] for name, column in self.costs.items()}
        return Answers(self.validation[rows], self.test[rows], costs)


@dataclass(frozen=True)
class Provenance:
    """What a benchmark's numbers are made from; shown wherever they are shown.

    Attributes:
        label: one line, e.g. ``"NAS-Bench-Graph cora, validation and test of real trainings"``.
        validation: what the validation column is.
        test: what the test column is, empty where there is none.
        files: SHA-256 by file name.
    """

    label: str
    validation: str
    test: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class DataFile:
    """A file, or a folder, as it was published.

    Attributes:
        name: under which it is looked for in the data folders.
        size: e.g. ``"499 MB"``, empty where it is not known.
        address: where it can be downloaded from, empty where only a person can.
        sha256: as published, empty where none was; what can be downloaded has one.
    """

    name: str
    size: str = ""
    address: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class DataPackage:
    """A Python package that brings a benchmark's numbers along; installed with this one.

    Attributes:
        name: on PyPI.
        title: what it holds.
        size: of the download.
        origin: who published the numbers, and where.
        licence: of the package.
    """

    name: str
    title: str
    size: str
    origin: str
    licence: str


class DataSource(ABC):
    """Files of one format that a benchmark's numbers can be made from.

    Attributes:
        benchmark: registry name of the benchmark.
        title: what the files are.
        origin: who published them, and where.
        licence: that they were published under, empty where none is stated.
        files: as published, the one that most people want first.
        folder: within the data folders, where the files are looked for too.
        kinds: of the arrays that are imported from them, see ``Imported``.
    """

    benchmark: ClassVar[str]
    title: ClassVar[str]
    origin: ClassVar[str]
    licence: ClassVar[str] = ""
    files: ClassVar[tuple[DataFile, ...]]
    folder: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Whether a readable file, or a folder, holds this by its content; never raises."""

    @abstractmethod
    def import_file(self, path: Path) -> list[str]:
        """Read a file, or a folder, into the cache; returns a line for each thing imported.

        Raises:
            UserError: it is missing, damaged or foreign.
        """

    def at_hand(self) -> list[Path]:
        """What lies in the data folders or their ``folder`` under one of the names of ``files``."""
        places = [place for top in data_folders() for place in (top / self.folder, top)]
        paths = [place / file.name for file in self.files for place in places]
        return [path for path in paths if path.exists()]

    def imported(self) -> list[Imported]:
        """What was imported."""
        return [item for kind in self.kinds for item in Imported.at_hand(self.benchmark, kind)]

    def verify(self) -> list[tuple[str, str]]:
        """SHA-256 and description of the files at hand and of what was imported.

        Raises:
            UserError: a file differs from the published one, or an import is damaged.
        """
        rows = []
        published = {file.name: file.sha256 for file in self.files}
        for path in filter(Path.is_file, self.at_hand()):
            sha256, expected = file_sha256(path), published[path.name]
            if expected and sha256 != expected:
                raise UserError(
                    f"{path} with the published SHA-256 {expected}",
                    sha256,
                    "remove it, and get it again",
                )
            rows.append((sha256, f"{path}{', as published' if expected else ''}"))
        for item in self.imported():
            item.open()
            rows.append((item.sha256, f"{item.title}, undamaged"))
        return rows

    def fetch(self, file: DataFile) -> Path:
        """Download one of ``files`` that has an address; what was fetched before is kept.

        Raises:
            UserError: it cannot be fetched or written, or differs from its checksum.
        """
        from naslib_incremental.benchmarks.download import download

        return download(file.address, data_folders()[0] / self.folder / file.name, file.sha256)


class Benchmark(ABC):
    """What an architecture is worth; knows nothing of budgets or episodes.

    Attributes:
        variants: what may follow the registry name and a slash; ``("",)`` for a benchmark of one.
        datasets: variants that are different data sets, on which the same architectures were
            trained; what is learned on some of them can be tried on another.
        name: full name, e.g. ``"nasbench_graph/cora"``.
        space: the architectures it answers for.
        provenance: what its numbers are made from.
        metric: what they measure.
        shaping_alpha: default alpha of the reward shaping exp(alpha * accuracy), 0 for none.
        validation_optimum: highest validation accuracy of the whole table, None where unknown.
        budgets: query budgets that papers report on it.
        sources: the files that it can be made from; none where it needs no file.
        package: that brings its numbers along, None where there is none.
    """

    variants: ClassVar[tuple[str, ...]] = ("",)
    datasets: ClassVar[tuple[str, ...]] = ()
    budgets: ClassVar[tuple[int, ...]] = (50, 100, 150, 300)
    sources: ClassVar[tuple[DataSource, ...]] = ()
    package: ClassVar[DataPackage | None] = None
    metric: Metric = ACCURACY
    name: str
    space: SearchSpace
    provenance: Provenance
    shaping_alpha: float
    validation_optimum: float | None

    @classmethod
    @abstractmethod
    def open(cls, variant: str) -> Benchmark:
        """The benchmark of one of ``variants``.

        Raises:
            MissingFileError: its data cannot be found.
            UserError: its data cannot be read.
        """

    @abstractmethod
    def query(self, architectures: Architectures) -> Answers:
        """Validation, test and costs of [K, *architecture_shape] architectures, in one batch."""
