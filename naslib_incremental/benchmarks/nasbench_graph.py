"""NAS-Bench-Graph: real trainings of graph-network cells on nine data sets (Qin et al. 2022).

The tables lie in the package nas-bench-graph; they are read without running its code.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Answers, Benchmark, DataPackage, Provenance
from naslib_incremental.benchmarks.formats import explained, pickles
from naslib_incremental.foundation.array_cache import open_or_build
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench_graph import (
    NASBenchGraphProteinsSpace,
    NASBenchGraphSpace,
)

COLUMNS = {
    "valid_perf": "validation",
    "perf": "test",
    "latency": "latency_seconds",
    "para": "parameters_millions",
}

PACKAGE = DataPackage(
    "nas-bench-graph",
    "nine data sets: validation, test, latency and parameters of every cell",
    "6 MB",
    "Qin et al. 2022, github.com/THUMNLab/NAS-Bench-Graph",
    "Apache-2.0",
)

INSTALL_ANEW = "install the package nas-bench-graph anew"


class NASBenchGraph(Benchmark):
    """``nasbench_graph/<data set>``: a table of validation, test, latency and parameters.

    Args:
        variant: the data set, one of ``variants``.
    """

    variants: ClassVar[tuple[str, ...]] = (
        "cora",
        "citeseer",
        "pubmed",
        "cs",
        "physics",
        "photo",
        "computers",
        "arxiv",
        "proteins",
    )
    # Proteins has a space of its own.
    datasets = variants[:-1]
    package = PACKAGE
    shaping_alpha = 32.0

    def __init__(self, variant: str) -> None:
        self.name = f"nasbench_graph/{variant}"
        self.space: NASBenchGraphSpace = (
            NASBenchGraphProteinsSpace() if variant == "proteins" else NASBenchGraphSpace()
        )
        data = _table_bytes(variant)
        digest = hashlib.sha256(data).hexdigest()
        self.table = open_or_build(
            "benchmarks",
            f"nasbench_graph-{variant}-v{self.space.version}-{digest[:16]}",
            lambda: _columns(data, f"{variant}.bench", self.space.graph.keys),
        )
        self.metric = Metric("ROC-AUC") if variant == "proteins" else ACCURACY
        self.provenance = Provenance(
            label=f"NAS-Bench-Graph {variant}, tabulated real trainings",
            validation=f"validation {self.metric.name}",
            test=f"test {self.metric.name}",
            files={f"{variant}.bench": digest},
        )
        self.validation_optimum: float | None = float(self.table["validation"].max())

    @classmethod
    def open(cls, variant: str) -> NASBenchGraph:  # noqa: D102
        return cls(variant)

    def query(self, architectures: Architectures) -> Answers:  # noqa: D102
        columns = {name: column[architectures] for name, column in self.table.items()}
        return Answers(columns.pop("validation"), columns.pop("test"), columns)


def _table_bytes(variant: str) -> bytes:
    spec = find_spec("nas_bench_graph")
    folders = (spec.submodule_search_locations if spec else None) or []
    for folder in folders:
        path = Path(folder) / "light" / f"{variant}.bench"
        if path.exists():
            return path.read_bytes()
    raise MissingFileError(
        f"the file light/{variant}.bench of the package nas-bench-graph",
        "none",
        "pip install nas-bench-graph",
    )


def _columns(data: bytes, source: str, keys: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    """One float64 array per column, in the order of the space's keys."""
    with explained(source, "a pickle of plain containers and float64 numbers", INSTALL_ANEW):
        rows = pickles.load(data, pickles.FLOAT64)
    missing = [key for key in keys.tolist() if key not in rows]
    if missing or len(rows) != len(keys):
        raise UserError(
            f"the {len(keys)} cells of the space in {source}",
            f"{len(rows)} rows, {len(missing)} of the cells missing",
            INSTALL_ANEW,
        )
    return {
        name: np.array([rows[key][column] for key in keys.tolist()], np.float64)
        for column, name in COLUMNS.items()
    }
