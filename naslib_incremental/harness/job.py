"""A run made concrete: options resolved into configs, the hash that names it, its folder."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.options import option_values
from naslib_incremental.harness.config import RunConfig
from naslib_incremental.optimizers import OPTIMIZERS, Optimizer, load_optimizer
from naslib_incremental.optimizers.registry import configure, make_optimizer
from naslib_incremental.records import RunFolder
from naslib_incremental.records.files import FORMAT

HASH_DIGITS = 10


@dataclass(frozen=True)
class Job:
    """Everything that a worker process needs to know.

    Attributes:
        config: what to run, its budgets known.
        configs: of each optimizer, with defaults, presets and what the benchmark decides filled
            in; None for one without options.
        folder: the run folder.
    """

    config: RunConfig
    configs: Mapping[str, Any]
    folder: RunFolder

    @property
    def options(self) -> dict[str, dict[str, Any]]:
        """All options of each optimizer by name."""
        return {name: option_values(config) for name, config in self.configs.items()}

    def optimizer(self, name: str) -> Optimizer:
        """A fresh instance of one of the run's optimizers."""
        space = opened(self.config.benchmark).space
        return make_optimizer(name, space, self.config.settings, self.configs[name])


def make_job(config: RunConfig, out: Path) -> Job:
    """Open the benchmark, resolve all options, and name the run's folder under ``out``.

    Raises:
        UserError: the benchmark, an optimizer or an option is unknown, a value is out of range, or
            an optimizer needs what is not installed.
    """
    benchmark = opened(config.benchmark)
    if not config.budgets:
        allowed = [budget for budget in benchmark.budgets if budget <= config.episodes]
        config = replace(config, budgets=tuple(allowed) or (config.episodes,))
    configs = {
        name: _decided(configure(name, options, benchmark.space, config.settings), benchmark)
        for name, options in config.optimizers.items()
    }
    digest = config_hash(config, benchmark, configs)
    name = f"{config.benchmark.replace('/', '-')}-{digest[:HASH_DIGITS]}"
    folder = RunFolder(out.absolute() / name, digest, benchmark.name, config.episodes)
    job = Job(config, configs, folder)
    for optimizer in configs:
        # One that cannot be made, for want of a package perhaps, is told of before any work.
        job.optimizer(optimizer)
    return job


@lru_cache(maxsize=2)
def opened(benchmark: str) -> Benchmark:
    """A benchmark, opened once per process."""
    return open_benchmark(benchmark)


def _decided(config: Any, benchmark: Benchmark) -> Any:
    """A config with what the benchmark decides, so that a default and its value are one run."""
    if config is None:
        return None
    decided = {
        field.name: field.metadata["of_benchmark"](benchmark)
        for field in dataclasses.fields(config)
        if "of_benchmark" in field.metadata and getattr(config, field.name) is None
    }
    return replace(config, **decided)


def config_hash(config: RunConfig, benchmark: Benchmark, configs: Mapping[str, Any]) -> str:
    """Hex SHA-256 of everything that changes the numbers of an agent or an evaluation.

    These are the settings of episodes, the optimizers' options and versions, the search space's
    version and the benchmark's files. Not among them are the numbers of agents and start sets and
    the smaller budgets, so that a run can be given more of them and keeps what it has; nor the
    number of workers, any folder, and options that say where work is done.
    """
    settings = dataclasses.asdict(config.settings)
    settings |= {name: getattr(config, name) for name in ("benchmark", "episodes", "seed")}
    parts = {
        "format": FORMAT,
        "settings": settings,
        "optimizers": {name: option_values(one, identity=True) for name, one in configs.items()},
        "versions": {name: optimizer_version(name) for name in configs},
        "space": [benchmark.space.name, benchmark.space.version],
        "files": dict(benchmark.provenance.files),
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def optimizer_version(name: str) -> str:
    """Version of the package that an optimizer comes from, empty where it is unknown."""
    entry = OPTIMIZERS.entries.get(name)
    if entry is not None and entry.dist is not None:
        return entry.dist.version
    try:
        return version(load_optimizer(name).__module__.partition(".")[0])
    except PackageNotFoundError:
        return ""
