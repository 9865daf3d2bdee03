"""The manifest: what a run is made from, on what it ran, and what it cost."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import asdict
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from naslib_incremental.foundation.storage import write_text
from naslib_incremental.harness.job import Job, opened
from naslib_incremental.harness.plan import Agent, is_trainable
from naslib_incremental.harness.resolve import RUN_FORMAT, optimizer_version
from naslib_incremental.harness.run_folder import read_training
from naslib_incremental.mdp import measure_throughput
from naslib_incremental.mdp.throughput import NUM_ENVS

PACKAGES = ("naslib-incremental", "nas-bench-graph", "numba", "numpy", "pyarrow", "scipy", "torch")
SAVE_EVERY_SECONDS = 10.0
THROUGHPUT_SECONDS = 0.2


class Manifest:
    """Keeps ``manifest.json`` up to date; wall time adds up over resumed parts.

    Args:
        job: the run.
        command: what was typed.
    """

    def __init__(self, job: Job, command: str) -> None:
        self._job = job
        self._path = job.folder / "manifest.json"
        earlier = _earlier(self._path)
        self._wall_before = float(earlier.get("wall_seconds", 0.0))
        self._throughput = earlier.get("throughput", [])
        self._began = self._saved = time.monotonic()
        self._fixed = {
            "format": RUN_FORMAT,
            "run": job.folder.name,
            "config_hash": job.config_hash,
            "config": job.config.flat(),
            "benchmark": _describe_benchmark(job),
            "budgets": list(job.config.budgets),
            # Over a cluster, processes that get ready in another order give another agent.
            "reproducible": job.config.engine == "local",
            "versions": _versions(job),
            "git": git_commit(Path(__file__).parent),
            "hardware": hardware(),
            "command": command,
            "started": earlier.get("started") or datetime.now(timezone.utc).isoformat(),
        }

    def save(self, complete: bool = False) -> None:
        """Write the manifest as of now."""
        self._saved = time.monotonic()
        wall = self._wall_before + self._saved - self._began
        optimizers = {name: self._describe_optimizer(name) for name in self._job.options}
        state = {
            "optimizers": optimizers,
            "throughput": self._throughput,
            "wall_seconds": wall,
            "complete": complete,
        }
        write_text(self._path, json.dumps({**self._fixed, **state}, indent=1) + "\n")

    def save_now_and_then(self) -> None:
        """Write the manifest if it has not been written for a while."""
        if time.monotonic() - self._saved > SAVE_EVERY_SECONDS:
            self.save()

    def measure_throughput(self) -> None:
        """Measure the environment on this machine, unless an earlier part of the run has."""
        benchmark = opened(self._job.config.benchmark)
        self._throughput = self._throughput or [
            asdict(measure_throughput(benchmark, lanes, THROUGHPUT_SECONDS)) for lanes in NUM_ENVS
        ]

    def _describe_optimizer(self, name: str) -> dict[str, Any]:
        trained = []
        for number in range(self._job.config.seeds if is_trainable(name) else 0):
            agent = Agent(name, number)
            if self._job.file(agent).exists():
                trained.append({"agent_seed": number, **asdict(read_training(self._job, agent))})
        return {"options": dict(self._job.options[name]), "training": trained}


def _earlier(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _describe_benchmark(job: Job) -> dict[str, Any]:
    benchmark = opened(job.config.benchmark)
    provenance = benchmark.provenance
    return {
        "name": benchmark.name,
        "label": provenance.label,
        "validation": provenance.validation,
        "test": provenance.test,
        "files": dict(provenance.files),
        "validation_optimum": benchmark.validation_optimum,
        "space": benchmark.space.name,
    }


def _versions(job: Job) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions | {f"optimizer {name}": optimizer_version(name) for name in job.options}


def git_commit(folder: Path) -> str | None:
    """Commit of the checkout that the package runs from, ``+`` if altered, None if none."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout.strip()

    try:
        # An installed package may lie inside the checkout of something else.
        git("ls-files", "--error-unmatch", Path(__file__).name)
        altered = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + ("+" if altered else "")
    except (OSError, subprocess.SubprocessError):
        return None


def hardware() -> dict[str, Any]:
    """Processor, cores and memory of this machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": usable_cores(),
        "memory_gib": round(memory / 2**30, 1),
    }


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
