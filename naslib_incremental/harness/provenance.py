"""The manifest of a run under way: from what, on what and how long it has been made."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from dataclasses import asdict, replace
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.job import Job, opened, optimizer_version
from naslib_incremental.mdp import measure_throughput
from naslib_incremental.mdp.throughput import NUM_ENVS
from naslib_incremental.optimizers import Optimizer, TrainableOptimizer, load_optimizer
from naslib_incremental.records import TrainingTask
from naslib_incremental.records.manifest import (
    AgentRecord,
    BenchmarkRecord,
    Manifest,
    OptimizerRecord,
    SettingsRecord,
    ThroughputRecord,
    read_manifest,
    write_manifest,
)
from naslib_incremental.records.training import read_training
from naslib_incremental.search_spaces_ext import EnumerableSpace

PACKAGES = ("naslib-incremental", "nas-bench-graph", "numba", "numpy", "pyarrow", "scipy", "torch")
SAVE_EVERY_SECONDS = 10.0
THROUGHPUT_SECONDS = 0.2


class LiveManifest:
    """Keeps the manifest up to date; wall time adds up over resumed parts.

    Args:
        job: the run.
        command: what was typed.
    """

    def __init__(self, job: Job, command: str) -> None:
        self._job = job
        self._began = self._saved = time.monotonic()
        earlier = _earlier(job.folder.path)
        self._wall_before = earlier.wall_seconds if earlier else 0.0
        config = job.config
        self._manifest = Manifest(
            run=job.folder.name,
            config_hash=job.folder.config_hash,
            settings=SettingsRecord(
                config.seeds,
                config.start_sets,
                config.episodes,
                config.searches,
                config.neighbours,
                config.max_steps,
                config.seed,
            ),
            benchmark=_describe_benchmark(job),
            optimizers={},
            budgets=tuple(config.budgets),
            reproducible=all(map(_is_reproducible, map(job.optimizer, job.configs))),
            versions=_versions(job),
            git=git_commit(Path(__file__)),
            hardware=hardware(),
            command=command,
            started=earlier.started if earlier else datetime.now(timezone.utc).isoformat(),
            throughput=earlier.throughput if earlier else (),
        )

    def save(self, complete: bool = False) -> None:
        """Write the manifest as of now."""
        self._saved = time.monotonic()
        current = replace(
            self._manifest,
            optimizers={name: self._describe_optimizer(name) for name in self._job.configs},
            wall_seconds=self._wall_before + self._saved - self._began,
            complete=complete,
        )
        write_manifest(self._job.folder.path, current)

    def save_now_and_then(self) -> None:
        """Write the manifest if it has not been written for a while."""
        if time.monotonic() - self._saved > SAVE_EVERY_SECONDS:
            self.save()

    def measure_throughput(self) -> None:
        """Measure the environment on this machine, unless an earlier part of the run has."""
        if self._manifest.throughput:
            return
        benchmark = opened(self._job.config.benchmark)
        measured = (measure_throughput(benchmark, count, THROUGHPUT_SECONDS) for count in NUM_ENVS)
        records = tuple(ThroughputRecord(**asdict(one)) for one in measured)
        self._manifest = replace(self._manifest, throughput=records)

    def _describe_optimizer(self, name: str) -> OptimizerRecord:
        folder, sources = self._job.folder, self._job.sources[name]
        agents = []
        for agent_seed in range(self._job.config.seeds if sources else 0):
            path = folder.file(TrainingTask(name, agent_seed))
            if path.exists():
                result = read_training(path, folder.config_hash)
                agents.append(AgentRecord(agent_seed, result))
        kind = load_optimizer(name)
        return OptimizerRecord(
            self._job.options[name],
            kind.is_search,
            folder.episodes[name],
            sources,
            tuple(agents),
            issubclass(kind, TrainableOptimizer) and kind.learns_elsewhere,
        )


def _earlier(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except UserError:
        return None


def _is_reproducible(optimizer: Optimizer) -> bool:
    return not isinstance(optimizer, TrainableOptimizer) or optimizer.reproducible


def _describe_benchmark(job: Job) -> BenchmarkRecord:
    benchmark = opened(job.config.benchmark)
    provenance, space = benchmark.provenance, benchmark.space
    return BenchmarkRecord(
        name=benchmark.name,
        label=provenance.label,
        validation=provenance.validation,
        test=provenance.test,
        files=dict(provenance.files),
        validation_optimum=benchmark.validation_optimum,
        space=space.name,
        metric=benchmark.metric,
        architectures=len(space) if isinstance(space, EnumerableSpace) else None,
    )


def _versions(job: Job) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions | {f"optimizer {name}": optimizer_version(name) for name in job.configs}


def git_commit(file: Path) -> str | None:
    """Commit of the checkout that a file is tracked in, ``+`` if altered, None if there is none."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(file.parent), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout.strip()

    try:
        # An installed package may lie inside the checkout of something else.
        if not git("ls-files", file.name):
            return None
        return git("rev-parse", "HEAD") + ("+" if git("status", "-s", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def hardware() -> dict[str, Any]:
    """Processor, cores and memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "platform": platform.platform(),
        "processor": processor(),
        "cores": usable_cores(),
        "memory_gib": round(memory / 2**30, 1),
    }


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """The name of the CPU."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
