"""NAS-Bench-101: CIFAR-10 trainings of all 423,624 cells (Ying et al. 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.imported import Imported
from naslib_incremental.benchmarks.nasbench101.sources import COMPACT, NASLIB, OFFICIAL
from naslib_incremental.benchmarks.nasbench101.trainings import FINAL_EPOCHS
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import data_folders
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench101 import NASBench101Space

SINGLE_RUN = "single-run test accuracy, run 0"

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
            training per cell, sampled from ``seed``, the same at each query of it in any order.
            Test is the mean over the trainings in both cases.
        seed: of the sample.
        single_run: take the compact file.

    Raises:
        MissingFileError: there is no such data.
    """

    variants: ClassVar[tuple[str, ...]] = tuple(VARIANTS)
    sources = (OFFICIAL, NASLIB, COMPACT)
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


def _best_table(single_run: bool) -> tuple[Imported, Mapping[str, NDArray[Any]]]:
    """The imported table with validation accuracies and most epoch budgets, or the compact one."""
    if not single_run:
        tables = [(item, item.open()) for item in (*OFFICIAL.imported(), *NASLIB.imported())]
        if tables:
            return max(tables, key=lambda table: len(table[1]["epochs"]))
        # Of the official files the last one has most epoch budgets.
        waiting = [*reversed(OFFICIAL.at_hand()), *NASLIB.at_hand()]
        if waiting:
            raise MissingFileError(
                "a table imported from a file of NAS-Bench-101",
                f"{waiting[0]}, which was not imported yet",
                f"naslib_incremental.benchmarks.import_data({str(waiting[0])!r})",
                "nasbench101",
            )
    compact = COMPACT.imported() or [COMPACT.import_table(path) for path in COMPACT.at_hand()[:1]]
    if compact:
        return compact[0], compact[0].open()
    wanted = COMPACT.files if single_run else OFFICIAL.files
    raise MissingFileError(
        f"a file of NAS-Bench-101 such as {wanted[0].name}",
        f"none in {', '.join(map(str, data_folders()))}",
        "put one into a data folder and import it",
        "nasbench101",
    )


def _budget(budgets: NDArray[np.int64], epochs: int, source: Imported) -> int:
    found = np.flatnonzero(budgets == epochs)
    if not len(found):
        raise MissingFileError(
            f"trainings of {epochs} epochs",
            f"{source.name} with {', '.join(map(str, budgets))} epochs",
            f"import {OFFICIAL.files[-1].name}",
            "nasbench101",
        )
    return int(found[0])


def _validation(runs: Mapping[str, NDArray[np.float64]], repeats: str, seed: int) -> Accuracies:
    if repeats not in ("mean", "random"):
        raise UserError("repeats of 'mean' or 'random'", repr(repeats), "give one of them")
    column = runs.get("validation", runs["test"])
    if repeats == "mean":
        return np.asarray(column.mean(axis=1))
    repeat = np.random.default_rng(seed).integers(column.shape[1], size=len(column))
    return column[np.arange(len(column)), repeat]


def _provenance(
    source: Imported,
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
    sampled = f"of one of {count} trainings of {epochs} epochs per cell, sampled from seed {seed}"
    return Provenance(
        label=f"NAS-Bench-101, {count} trainings of {epochs} epochs",
        validation=f"mean validation accuracy {mean}"
        if repeats == "mean"
        else f"validation accuracy {sampled}",
        test=f"mean test accuracy {mean}",
        files=files,
    )
