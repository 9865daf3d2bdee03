"""NAS-Bench-Graph tables against the package's own reader."""

from __future__ import annotations

import numpy as np
import pytest
from nas_bench_graph import light_read

from naslib_incremental.benchmarks import list_benchmarks, open_benchmark
from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.foundation.errors import UserError


@pytest.mark.parametrize("variant", NASBenchGraph.variants)
def test_every_row_equals_the_packages_own(variant: str) -> None:
    benchmark = open_benchmark(f"nasbench_graph/{variant}")
    rows = light_read(variant)
    states = np.arange(len(benchmark.space), dtype=np.int32)
    answers = benchmark.query(states)
    keys = benchmark.space.hash(states).tolist()
    assert sorted(rows) == keys
    assert answers.validation.tolist() == [rows[key]["valid_perf"] for key in keys]
    assert answers.test.tolist() == [rows[key]["perf"] for key in keys]
    assert answers.costs["latency_seconds"].tolist() == [rows[key]["latency"] for key in keys]
    assert answers.costs["parameters_millions"].tolist() == [rows[key]["para"] for key in keys]
    assert benchmark.validation_optimum == max(row["valid_perf"] for row in rows.values())


def test_all_data_sets_are_listed() -> None:
    assert {f"nasbench_graph/{variant}" for variant in NASBenchGraph.variants} <= set(
        list_benchmarks()
    )


@pytest.mark.parametrize("name", ["nasbench_graph/mnist", "nasbench_graph", "nothing/cora"])
def test_unknown_benchmarks_name_the_known_ones(name: str) -> None:
    with pytest.raises(UserError, match=r"one of .*nasbench_graph"):
        open_benchmark(name)


def test_provenance_names_the_file() -> None:
    provenance = open_benchmark("nasbench_graph/cora").provenance
    assert "cora" in provenance.label
    assert len(provenance.files["cora.bench"]) == 64
