"""From a config to optimizers, all their options, and the hash that names the run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.harness.config import RunConfig
from naslib_incremental.optimizers import OPTIMIZERS, Optimizer, load_optimizer, registry
from naslib_incremental.search_spaces_ext.contract import SearchSpace

RUN_FORMAT = 1


def make_optimizer(config: RunConfig, name: str, space: SearchSpace) -> Optimizer:
    """The optimizer of that name with the options of the run.

    Raises:
        UserError: an option is unknown or out of range.
    """
    return registry.make_optimizer(name, space, config.settings, config.optimizers[name])


def resolved_options(config: RunConfig, benchmark: Benchmark) -> dict[str, dict[str, Any]]:
    """All options of each optimizer: defaults, presets and what the benchmark decides filled in."""
    return {
        name: _resolved(make_optimizer(config, name, benchmark.space).config, benchmark)
        for name in config.optimizers
    }


def _resolved(config: Any, benchmark: Benchmark) -> dict[str, Any]:
    """An optimizer's options, so that a default and the same value typed are the same run."""
    if config is None:
        return {}
    options = dataclasses.asdict(config)
    for field in fields(config):
        if options[field.name] is None and "of_benchmark" in field.metadata:
            options[field.name] = field.metadata["of_benchmark"](benchmark)
    return options


def config_hash(
    config: RunConfig, benchmark: Benchmark, options: Mapping[str, Mapping[str, Any]]
) -> str:
    """Hex SHA-256 of everything that changes the numbers of an agent or a cell.

    These are the settings of episodes, the optimizers' resolved options and versions, the search
    space's version and the benchmark's files. Not among them are the numbers of agents and start
    sets and the smaller budgets, so that a run can be given more of them and keeps what it has;
    nor the number of workers, nor any folder.
    """
    settings = dataclasses.asdict(config.settings)
    settings |= {
        name: getattr(config, name) for name in ("benchmark", "episodes", "seed", "engine")
    }
    parts = {
        "format": RUN_FORMAT,
        "settings": settings,
        "optimizers": options,
        "versions": {name: optimizer_version(name) for name in options},
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
