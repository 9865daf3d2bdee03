"""TransNAS-Bench-101: cells and skeletons, each trained on seven tasks (Duan et al. 2021).

The compact files are CSV: ``arch``, and ``val_<task>`` at the final epoch. The official file is a
dictionary, saved by torch: ``data`` {space: {arch: {task: {"metrics": {name: [by epoch]}}}}}.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import (
    Answers,
    Benchmark,
    DataFile,
    DataSource,
    Provenance,
)
from naslib_incremental.benchmarks.formats import (
    ForeignFileError,
    explained,
    first_bytes,
    pickles,
)
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace
from naslib_incremental.search_spaces_ext.transnas101 import (
    TransNASMacroSpace,
    TransNASMicroSpace,
)

SSIM = Metric("SSIM", "x 100", -1.0, 1.0)
NEGATIVE_LOSS = Metric("negative L2 loss", "x 100", None, 0.0, lower_is_better_as_published=True)
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Task:
    """What networks were trained for.

    Attributes:
        column: name of what was measured in the official file, after ``valid_`` and ``test_``.
        words: the same in words.
        metric: of validation and test.
        scale: published number of 1.
        shaping_alpha: the paper's 6 of NAS-Bench-101, where the best is 0.17 to 1.5 / alpha above
            the median as there; 32, as on NAS-Bench-301, where it is only 0.005 above it.
    """

    column: str
    words: str
    metric: Metric = ACCURACY
    scale: float = 100.0
    shaping_alpha: float = 6.0


TASKS = {
    "class_scene": Task("top1", "top-1 accuracy"),
    "class_object": Task("top1", "top-1 accuracy"),
    "room_layout": Task("neg_loss", "L2 loss with its sign turned", NEGATIVE_LOSS, 1.0),
    "jigsaw": Task("top1", "top-1 accuracy"),
    "segmentsemantic": Task("acc", "pixel accuracy", shaping_alpha=32.0),
    "normal": Task("ssim", "SSIM", SSIM, 1.0),
    "autoencoder": Task("ssim", "SSIM", SSIM, 1.0),
}
SPACES: dict[str, type[EnumerableSpace]] = {
    "micro": TransNASMicroSpace,
    "macro": TransNASMacroSpace,
}
TABLE_VERSION = f"v1.{TransNASMicroSpace.version}.{TransNASMacroSpace.version}"


def columns_of(kind: str, published: Mapping[str, Mapping[str, float]]) -> Arrays:
    """[V] each, in the order of a space: ``micro_jigsaw_validation``, as fractions.

    Args:
        kind: one of ``SPACES``.
        published: by name of an architecture, numbers by ``<task>_validation`` or ``_test``.

    Raises:
        ForeignFileError: architectures are foreign or missing, or numbers are impossible.
    """
    space = SPACES[kind]()
    try:
        rows = space.from_readable([*published])
    except UserError as error:
        raise ForeignFileError(f"{error.got}, which is no architecture") from error
    if len(np.unique(rows)) != len(space) or len(rows) != len(space):
        raise ForeignFileError(f"{len(np.unique(rows))} of {len(space)} architectures")
    arrays: Arrays = {}
    for column in next(iter(published.values())):
        task = TASKS[column.rpartition("_")[0]]
        values = np.array([numbers[column] for numbers in published.values()], np.float64)
        values /= task.scale
        low = -np.inf if task.metric.low is None else task.metric.low
        high = np.inf if task.metric.high is None else task.metric.high
        if not (np.isfinite(values) & (values >= low) & (values <= high)).all():
            raise ForeignFileError(f"numbers in {column} that are no {task.metric.name}")
        arrays[f"{kind}_{column}"] = np.empty(len(space))
        arrays[f"{kind}_{column}"][rows] = values
    return arrays


class TransNASSource(DataSource):
    """Files that have numbers of every architecture of a space, or of both."""

    benchmark = "transnas101_micro"
    folder = "transnas101"
    expected: ClassVar[str]

    def read(self, path: Path) -> Arrays:
        """The columns of a file.

        Raises:
            UserError: it is damaged, foreign, or lacks architectures.
        """
        with explained(path, self.expected, "give an unaltered file"):
            try:
                return self.columns(path)
            except ForeignFileError:
                raise
            except (
                AttributeError,
                LookupError,
                OSError,
                TypeError,
                ValueError,
                csv.Error,
            ) as error:
                raise ForeignFileError(f"no such table ({error!r})") from error

    def columns(self, path: Path) -> Arrays:
        """The same; may raise what damaged files make of it."""
        raise NotImplementedError

    def import_table(self, path: Path) -> Imported:
        """Read a file into the cache, or find that it was before."""
        table = Imported.of_file(self.benchmark, self.kinds[0], path)
        return table.build(lambda: self.read(path))

    def import_file(self, path: Path) -> list[str]:  # noqa: D102
        table = self.import_table(path)
        counts = [
            f"{len(columns[0]):,} architectures of the {kind} space x {len(columns)} columns"
            for kind in SPACES
            if (columns := [one for name, one in table.open().items() if name.startswith(kind)])
        ]
        return [f"{table.name}: {', '.join(counts)}"]


class Official(TransNASSource):
    """The authors' file, of both spaces, kept under the name of one of them."""

    title = "official trainings of both spaces, micro and macro: validation and test"
    origin = "Duan et al. 2021, github.com/yawen-d/TransNASBench"
    licence = "MIT"
    files = (DataFile("transnas-bench_v10141024.pth"),)
    kinds: ClassVar[tuple[str, ...]] = (f"official-table-{TABLE_VERSION}",)
    expected = "the official file of TransNAS-Bench-101, of plain containers and numbers"

    def recognises(self, path: Path) -> bool:
        """Whether it is a file of torch that begins with the names of tasks."""
        return b"class_scene" in pickles.first_of_torch(path)

    def columns(self, path: Path) -> Arrays:  # noqa: D102
        data = pickles.load_torch(path, pickles.CONTAINERS)["data"]
        arrays: Arrays = {}
        for kind in SPACES:
            published = {
                arch: {
                    f"{name}_{column}": results[name]["metrics"][f"{prefix}_{task.column}"][-1]
                    for name, task in TASKS.items()
                    for column, prefix in (("validation", "valid"), ("test", "test"))
                }
                for arch, results in data[kind].items()
            }
            arrays |= columns_of(kind, published)
        return arrays


class CompactMicro(TransNASSource):
    """Validation scores of the micro space."""

    title = "validation at the final epoch, no test"
    origin = "github.com/automl/NASLib, all_benchmarks_zen.zip"
    licence = "Apache-2.0"
    files = (DataFile("micro_val.csv", "0.6 MB"),)
    kinds: ClassVar[tuple[str, ...]] = (f"compact-table-{TABLE_VERSION}",)
    expected = f"CSV with the columns arch, {', '.join(f'val_{task}' for task in TASKS)}"
    space: ClassVar[str] = "micro"

    def recognises(self, path: Path) -> bool:
        """Whether its first line names a task, and the next an architecture of the space."""
        start = first_bytes(path)
        return start.startswith(b"arch,val_class_scene") and (b"-basic" in start) == (
            self.space == "macro"
        )

    def columns(self, path: Path) -> Arrays:  # noqa: D102
        with path.open(newline="", encoding="utf-8") as file:
            published = {
                row["arch"]: {f"{task}_validation": float(row[f"val_{task}"]) for task in TASKS}
                for row in csv.DictReader(file)
            }
        return columns_of(self.space, published)


class CompactMacro(CompactMicro):
    """The same of the macro space."""

    benchmark = "transnas101_macro"
    origin = "github.com/automl/NASLib, tnb101_macro_zen.zip"
    files = (DataFile("macro_val.csv", "0.5 MB"),)
    space = "macro"


OFFICIAL = Official()
COMPACT: dict[str, TransNASSource] = {"micro": CompactMicro(), "macro": CompactMacro()}


class TransNASMicro(Benchmark):
    """``transnas101_micro/<task>``: one training of each of 4,096 cells.

    Numbers are of the official file where it was imported, or else of the compact one, which has
    no test. A task that is published as a loss is negative here: higher is better everywhere.

    Args:
        task: one of ``TASKS``.

    Raises:
        MissingFileError: there is no such data.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(TASKS)
    datasets = variants
    sources: ClassVar[tuple[DataSource, ...]] = (OFFICIAL, COMPACT["micro"])
    budgets: ClassVar[tuple[int, ...]] = (10, 25, 50, 100, 150, 300)
    kind: ClassVar[str] = "micro"

    def __init__(self, task: str) -> None:
        self.name = f"transnas101_{self.kind}/{task}"
        self.space = SPACES[self.kind]()
        self.metric, self.shaping_alpha = TASKS[task].metric, TASKS[task].shaping_alpha
        table, columns = _table(self.kind)
        self.validation = columns[f"{self.kind}_{task}_validation"]
        test = columns.get(f"{self.kind}_{task}_test")
        self.test = np.full(len(self.validation), np.nan) if test is None else test
        words = f"{TASKS[task].words} at the final epoch of one training"
        self.provenance = Provenance(
            label=f"TransNAS-Bench-101 {self.kind} {task}, tabulated real trainings",
            validation=f"validation {words}",
            test="" if test is None else f"test {words}",
            files={table.name: table.sha256},
        )
        self.validation_optimum: float | None = float(self.validation.max())

    @classmethod
    def open(cls, variant: str) -> TransNASMicro:  # noqa: D102
        return cls(variant)

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        return Answers(self.validation[architectures], self.test[architectures])


class TransNASMacro(TransNASMicro):
    """``transnas101_macro/<task>``: the same of 3,256 skeletons of four to six modules."""

    sources = (OFFICIAL, COMPACT["macro"])
    kind = "macro"


def _table(kind: str) -> tuple[Imported, Arrays]:
    """The official table or the compact one, imported now if it lies in a data folder."""
    compact = COMPACT[kind]
    imported = [*OFFICIAL.imported(), *compact.imported()]
    found = imported or [compact.import_table(path) for path in compact.at_hand()[:1]]
    if found:
        return found[0], found[0].open()
    raise MissingFileError(
        f"a file of TransNAS-Bench-101, {OFFICIAL.files[0].name} or {kind}_val.csv",
        f"none in {', '.join(map(str, data_folders()))}",
        "put one into a data folder and import it",
        f"transnas101_{kind}",
    )
