"""A run made concrete: config checked against benchmark and optimizers, its hash, its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.harness.config import RunConfig
from naslib_incremental.harness.plan import Agent, Cell
from naslib_incremental.harness.resolve import config_hash, resolved_options

HASH_DIGITS = 10


@dataclass(frozen=True)
class Job:
    """Everything that a worker process needs to know.

    Attributes:
        config: what to run, its budgets known.
        options: all options of each optimizer, defaults and presets filled in.
        config_hash: hex SHA-256 of everything that changes numbers.
        folder: the run folder.
    """

    config: RunConfig
    options: Mapping[str, Mapping[str, Any]]
    config_hash: str
    folder: Path

    def agent_folder(self, item: Agent | Cell) -> Path:
        """Where an agent's checkpoints and logs lie."""
        return self.folder / "agents" / item.optimizer / f"agent{item.agent}"

    def file(self, item: Agent | Cell) -> Path:
        """The file that is there once a piece of work is done.

        For an agent that is what training cost, for a cell its episodes.
        """
        if isinstance(item, Agent):
            return self.agent_folder(item) / "training.json"
        name = f"agent{item.agent}-set{item.start_set}.parquet"
        return self.folder / "cells" / item.optimizer / name


def make_job(config: RunConfig, out: Path) -> Job:
    """Open the benchmark, build the optimizers once, and name the run's folder under ``out``.

    Raises:
        UserError: the benchmark, an optimizer or an option is unknown.
    """
    benchmark = opened(config.benchmark)
    if not config.budgets:
        allowed = [budget for budget in benchmark.budgets if budget <= config.episodes]
        config = replace(config, budgets=tuple(allowed) or (config.episodes,))
    options = resolved_options(config, benchmark)
    digest = config_hash(config, benchmark, options)
    name = f"{config.benchmark.replace('/', '-')}-{digest[:HASH_DIGITS]}"
    return Job(config, options, digest, out.absolute() / name)


@lru_cache(maxsize=2)
def opened(benchmark: str) -> Benchmark:
    """A benchmark, opened once per process."""
    return open_benchmark(benchmark)
