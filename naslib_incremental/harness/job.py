"""A run made concrete: options resolved into configs, the hash that names it, its folder."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.foundation.options import option_values
from naslib_incremental.harness.config import RunConfig, refuse
from naslib_incremental.optimizers import (
    OPTIMIZERS,
    Optimizer,
    TrainableOptimizer,
    load_optimizer,
)
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
        sources: benchmarks that each optimizer is trained on, none for one that learns nothing.
        folder: the run folder.
    """

    config: RunConfig
    configs: Mapping[str, Any]
    sources: Mapping[str, tuple[str, ...]]
    folder: RunFolder

    @property
    def options(self) -> dict[str, dict[str, Any]]:
        """All options of each optimizer by name."""
        return {name: option_values(config) for name, config in self.configs.items()}

    def optimizer(self, name: str) -> Optimizer:
        """A fresh instance of one of the run's optimizers."""
        space = opened(self.config.benchmark).space
        settings = self.config.settings_of(load_optimizer(name))
        return make_optimizer(name, space, settings, self.configs[name])


def make_job(config: RunConfig, out: Path) -> Job:
    """Open the benchmark, resolve all options, and name the run's folder under ``out``.

    Raises:
        UserError: the benchmark, an optimizer or an option is unknown, a value is out of range, a
            budget is larger than the episodes allow, searches are to be long where none can be, or
            an optimizer needs what is not installed.
    """
    benchmark = opened(config.benchmark)
    kinds = {name: load_optimizer(name) for name in config.optimizers}
    config = _with_budgets(config, benchmark, all(kind.is_search for kind in kinds.values()))
    if config.long_search and not any(kind.long_searches for kind in kinds.values()):
        expected = "an optimizer with a memory whose searches may be long"
        refuse("long_search", expected, ", ".join(kinds), "leave it away, or name one")
    configs = {
        name: _decided(configure(name, options, benchmark.space, config.settings), benchmark)
        for name, options in config.optimizers.items()
    }
    sources = {name: _sources(kind, config, benchmark) for name, kind in kinds.items()}
    digest = config_hash(config, benchmark, configs, sources)
    name = f"{config.benchmark.replace('/', '-')}-{digest[:HASH_DIGITS]}"
    episodes = {
        name: config.searches if kind.is_search else config.episodes for name, kind in kinds.items()
    }
    path = out.absolute() / name
    folder = RunFolder(path, digest, benchmark.name, episodes, benchmark.metric)
    job = Job(config, configs, sources, folder)
    for optimizer in configs:
        # One that cannot be made, for want of a package perhaps, is told of before any work.
        job.optimizer(optimizer)
    return job


def _with_budgets(config: RunConfig, benchmark: Benchmark, searches_only: bool) -> RunConfig:
    """The config with budgets: what is given, or the benchmark's, as far as episodes allow.

    Of an optimizer whose episodes are cut into searches, each episode is sure of one query only.
    """
    most = math.inf if searches_only else config.episodes
    if not config.budgets:
        allowed = tuple(budget for budget in benchmark.budgets if budget <= most)
        return replace(config, budgets=allowed or (config.episodes,))
    if max(config.budgets) > most:
        allowed_by = f"up to the number of episodes, {config.episodes}"
        action = "give smaller budgets or more episodes"
        refuse("budgets", allowed_by, max(config.budgets), action)
    return config


def _sources(
    optimizer: type[Optimizer], config: RunConfig, benchmark: Benchmark
) -> tuple[str, ...]:
    """Full names of the benchmarks that an optimizer is trained on.

    Raises:
        UserError: there is none, one is of another space, or one is the benchmark itself though the
            optimizer learns elsewhere.
    """
    if not issubclass(optimizer, TrainableOptimizer):
        return ()
    family, _, variant = benchmark.name.partition("/")
    dataset = variant.partition("/")[0]
    datasets = benchmark.datasets if dataset in benchmark.datasets else ()
    others = tuple(f"{family}/{other}" for other in datasets if other != dataset)
    if config.train_on:
        sources = config.train_on
    elif optimizer.learns_elsewhere:
        sources = others
    else:
        sources = (benchmark.name,)
    if not sources:
        expected = f"benchmarks that {optimizer.name} can learn from"
        refuse("train_on", expected, f"none beside {benchmark.name}", "name some")
    for source in sources:
        # Other variants of one family may be other views of the same trainings.
        same_family = source.partition("/")[0] == family
        if optimizer.learns_elsewhere and same_family and source not in others:
            refuse("train_on", f"other data sets than {benchmark.name}", source, "leave it out")
        if opened(source).space.name != benchmark.space.name:
            expected = f"benchmarks of the space {benchmark.space.name}"
            refuse("train_on", expected, f"{source}, of {opened(source).space.name}")
    return sources


@lru_cache(maxsize=16)
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


def config_hash(
    config: RunConfig,
    benchmark: Benchmark,
    configs: Mapping[str, Any],
    sources: Mapping[str, tuple[str, ...]],
) -> str:
    """Hex SHA-256 of everything that changes the numbers of an agent or an evaluation.

    These are the settings of episodes, the optimizers' options and versions, the search space's
    version, and the files of the benchmark and of those that agents are trained on. Not among them
    are the numbers of agents and start sets and the smaller budgets, so that a run can be given
    more of them and keeps what it has; nor the number of workers, any folder, and options that say
    where work is done.
    """
    settings = dataclasses.asdict(config.settings)
    settings |= {
        name: getattr(config, name)
        for name in ("benchmark", "episodes", "searches", "long_search", "seed")
    }
    parts = {
        "format": FORMAT,
        "settings": settings,
        "optimizers": {name: option_values(one, identity=True) for name, one in configs.items()},
        "versions": {name: optimizer_version(name) for name in configs},
        "space": [benchmark.space.name, benchmark.space.version],
        "files": dict(benchmark.provenance.files),
        "sources": {
            name: {source: dict(opened(source).provenance.files) for source in trained_on}
            for name, trained_on in sources.items()
        },
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
