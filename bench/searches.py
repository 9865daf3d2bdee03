"""Measures what a query costs the optimizers with a memory, on one core, a row each.

Run as ``python -m bench.searches``; ``make bench`` runs it. Searches of one data set of
NAS-Bench-Graph go through the harness's own loop. What learns on other data sets is trained first,
which is timed apart. All times are the processor's, so that other work counts less.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.optimizers import (
    OPTIMIZERS,
    EpisodeSettings,
    Optimizer,
    TrainableOptimizer,
    load_optimizer,
)

FAMILY, DATASET = "nasbench_graph", "cora"
PLAINEST = "random_without_replacement"


def searches() -> list[str]:
    """The registered optimizers with a memory, the plainest first; those of NASLib left out."""
    names = [name for name in OPTIMIZERS.names() if ":" not in name]
    return sorted(
        (name for name in names if load_optimizer(name).is_search),
        key=lambda name: name != PLAINEST,
    )


def ready(name: str, benchmark: Benchmark, queries: int) -> tuple[Optimizer, float]:
    """An optimizer, trained on the other data sets if it learns at all, and the seconds of that."""
    settings = EpisodeSettings(query_budget=queries)
    kind = load_optimizer(name)
    optimizer = kind(benchmark.space, settings, kind.configure({}, benchmark.space, settings))
    if not isinstance(optimizer, TrainableOptimizer):
        return optimizer, 0.0
    sources = [open_benchmark(f"{FAMILY}/{one}") for one in benchmark.datasets if one != DATASET]
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        optimizer.train(sources, np.random.SeedSequence(0), Path(folder), lambda *_: None)
        optimizer.load(Path(folder))
    return optimizer, time.process_time() - began


def seconds(optimizer: Optimizer, benchmark: Benchmark, count: int) -> float:
    """What so many searches take; two of them before, so that everything is compiled."""
    starts = sample_start_set(benchmark, count, np.random.SeedSequence(0))
    for chosen in (starts.first(2), starts):
        began = time.process_time()
        evaluate(optimizer, benchmark, chosen, np.random.default_rng(0))
    return time.process_time() - began


def main() -> None:
    """Print a row for each optimizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=300, help="of a search (default 300)")
    parser.add_argument("--searches", type=int, default=200, help="side by side (default 200)")
    arguments = parser.parse_args()
    queries, count = arguments.queries, arguments.searches
    torch.set_num_threads(1)
    benchmark = open_benchmark(f"{FAMILY}/{DATASET}")
    print(f"\n{count} searches of {queries} queries on {benchmark.name}")
    print(f"{'optimizer':32} {'training':>10} {'searches':>10} {'a query':>12} {'ratio':>10}")
    plainest = None
    for name in searches():
        optimizer, trained = ready(name, benchmark, queries)
        took = seconds(optimizer, benchmark, count)
        plainest = plainest or took
        milliseconds = 1e3 * took / count / queries
        print(
            f"{name:32} {trained:8.1f} s {took:8.1f} s {milliseconds:9.4f} ms "
            f"{took / plainest:8.1f} x",
            flush=True,
        )


if __name__ == "__main__":
    main()
