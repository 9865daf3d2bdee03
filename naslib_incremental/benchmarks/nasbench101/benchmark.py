"""NAS-Bench-101: CIFAR-10 trainings of all 423,624 cells (Ying et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.nasbench101.files import (
    COMPACT,
    ImportedTable,
    files_at_hand,
    import_file,
    tables_at_hand,
)
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space

SINGLE_RUN = "single-run test accuracy, run 0"
FINAL_EPOCHS = 108

VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    "random": {"repeats": "random"},
    "epochs-4": {"epochs": 4},
    "epochs-12": {"epochs": 12},
    "epochs-36": {"epochs": 36},
    "run0": {"single_run": True},
}


class NASBench101(Benchmark):
    """``nasbench101``: a table of three trainings of every cell, from the best data at hand.

    That is an imported official or NASLib file, the one with most epoch budgets first. Where there
    is none, the compact file of single runs serves: it has no validation accuracy, so validation
    and test are both the test accuracy of run 0, and the provenance says so.

    Variants: ``random`` is ``repeats="random"``, ``epochs-4`` (12, 36) is ``epochs=4``; ``run0`` is
    the compact file even where a better one is at hand.

    Args:
        epochs: trained for.
        repeats: ``"mean"``: validation is the mean over the trainings; ``"random"``: that of one
            training per cell, drawn from ``seed``, the same at each query of the cell in any order.
            Test is the mean over the trainings in both cases.
        seed: of the draw.
        single_run: take the compact file.

    Raises:
        UserError: there is no such data.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
    shaping_alpha = 6.0

    def __init__(
        self,
        *,
        epochs: int = FINAL_EPOCHS,
        repeats: str = "mean",
        seed: int = 0,
        single_run: bool = False,
    ) -> None:
        self.name = "nasbench101"
        self.space: NASBench101Space = NASBench101Space()
        source, table = _best_table(single_run)
        budget = _budget(table["epochs"], epochs, source)
        runs = {
            name: np.ascontiguousarray(table[name][:, budget])
            for name in ("validation", "test", "training_seconds")
            if name in table
        }
        self.costs = {"parameters": table["parameters"].astype(np.float64)}
        if "training_seconds" in runs:
            self.costs["training_seconds"] = runs["training_seconds"].mean(axis=1)
        self.test = runs["test"].mean(axis=1)
        self.validation = _validation(runs, repeats, seed)
        self.provenance = _provenance(source, runs, epochs, repeats, seed)
        self.validation_optimum: float | None = float(self.validation.max())

    @classmethod
    def open(cls, variant: str) -> NASBench101:  # noqa: D102
        benchmark = cls(**VARIANTS[variant])
        benchmark.name = f"nasbench101/{variant}" if variant else "nasbench101"
        return benchmark

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        costs = {name: column[architectures] for name, column in self.costs.items()}
        return Answers(self.validation[architectures], self.test[architectures], costs)


def _best_table(single_run: bool) -> tuple[ImportedTable, Mapping[str, NDArray[Any]]]:
    """The imported table with validation accuracies and most epoch budgets, or the compact one."""
    opened = [(table, table.open()) for table in tables_at_hand()]
    if not single_run:
        trained = [item for item in opened if "validation" in item[1]]
        if trained:
            return max(trained, key=lambda item: len(item[1]["epochs"]))
        _refuse_to_overlook_better_files()
    compact = [item for item in opened if "validation" not in item[1]]
    if compact:
        return compact[0]
    for path in files_at_hand():
        if path.name == COMPACT:
            imported = import_file(path)
            return imported, imported.open()
    raise UserError(
        f"a file of NAS-Bench-101{f' named {COMPACT}' if single_run else ''}",
        f"none in {', '.join(map(str, data_folders()))}",
        "naslib-data fetch nasbench101",
    )


def _refuse_to_overlook_better_files() -> None:
    for path in files_at_hand():
        if path.name != COMPACT:
            raise UserError(
                "a table imported from a file of NAS-Bench-101",
                f"{path}, which was not imported yet",
                f"naslib-data import {path}",
            )


def _budget(budgets: NDArray[np.int64], epochs: int, source: ImportedTable) -> int:
    found = np.flatnonzero(budgets == epochs)
    if not len(found):
        raise UserError(
            f"trainings of {epochs} epochs",
            f"{source.name} with {', '.join(map(str, budgets))} epochs",
            "naslib-data fetch nasbench101 --full",
        )
    return int(found[0])


def _validation(runs: Mapping[str, NDArray[np.float64]], repeats: str, seed: int) -> Accuracies:
    if repeats not in ("mean", "random"):
        raise UserError("repeats of 'mean' or 'random'", repr(repeats), "give one of them")
    column = runs.get("validation", runs["test"])
    if repeats == "mean":
        return np.asarray(column.mean(axis=1))
    drawn = np.random.default_rng(seed).integers(column.shape[1], size=len(column))
    return column[np.arange(len(column)), drawn]


def _provenance(
    source: ImportedTable,
    runs: Mapping[str, NDArray[np.float64]],
    epochs: int,
    repeats: str,
    seed: int,
) -> Provenance:
    files = {source.name: source.sha256}
    if "validation" not in runs:
        label = f"NAS-Bench-101, {SINGLE_RUN} (no validation accuracy)"
        return Provenance(label, SINGLE_RUN, SINGLE_RUN, files)
    count = runs["test"].shape[1]
    mean = f"of {count} trainings of {epochs} epochs"
    drawn = f"of one of {count} trainings of {epochs} epochs per cell, drawn from seed {seed}"
    return Provenance(
        label=f"NAS-Bench-101, {count} trainings of {epochs} epochs",
        validation=f"mean validation accuracy {mean}"
        if repeats == "mean"
        else f"validation accuracy {drawn}",
        test=f"mean test accuracy {mean}",
        files=files,
    )
