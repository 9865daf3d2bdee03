"""The measurement of throughput measures what it says."""

from __future__ import annotations

import pytest

from naslib_incremental.mdp import measure_throughput
from naslib_incremental.mdp import throughput as module
from tests.doubles.tiny_mdp import TinyBenchmark

RING = TinyBenchmark([[(i + 1) % 9, (i + 8) % 9] for i in range(9)], [i / 10 for i in range(9)])


def test_counts_the_steps_of_all_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr(module.time, "perf_counter", lambda: float(next(ticks)))
    found = measure_throughput(RING, num_envs=6, seconds=5.0)
    # A clock that ticks once a step: one step of six environments per second.
    assert (found.num_envs, found.indices, found.features) == (6, 6.0, 6.0)
