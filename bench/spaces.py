"""Neighbours and queries per second of every benchmark whose data is at hand, a row each.

Run as ``python -m bench.spaces``; one core, 4,096 architectures at a time, at most 50 neighbours.
"""

from __future__ import annotations

import numpy as np

from bench.run import rate
from naslib_incremental.benchmarks import BENCHMARKS, Benchmark, open_benchmark
from naslib_incremental.foundation.errors import UserError

BATCH = 4_096
LIMIT = 50


def speeds(benchmark: Benchmark) -> tuple[float, float]:
    """Neighbours presented in random order, and architectures queried, per second."""
    space, rng = benchmark.space, np.random.default_rng(0)
    states = space.sample(BATCH, rng)
    neighbours = rate(lambda: int(space.neighbours(states, LIMIT, rng).mask.sum()))
    return neighbours, rate(lambda: len(benchmark.query(states).validation))


def main() -> None:
    """Print a row for the first variant of each benchmark."""
    print(f"{'benchmark':32} {'neighbours/s':>16} {'queries/s':>16}")
    for name in BENCHMARKS.names():
        first = BENCHMARKS.load(name).variants[0]
        full = f"{name}/{first}" if first else name
        try:
            neighbours, queries = speeds(open_benchmark(full))
        except UserError as error:
            print(f"{full:32} {error.got}")
            continue
        print(f"{full:32} {neighbours:16,.0f} {queries:16,.0f}", flush=True)


if __name__ == "__main__":
    main()
