"""The manifest: what a run is made from, on what it ran, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.records.files import FORMAT, read_described, write_json
from naslib_incremental.records.training import TrainingResult

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class BenchmarkRecord:
    """The benchmark of a run.

    Attributes:
        name: full name, e.g. ``"nasbench_graph/cora"``.
        label: one line for captions.
        validation: what the validation column is.
        test: what the test column is, empty where there is none.
        files: SHA-256 by file name.
        validation_optimum: highest validation accuracy of the whole table, None where unknown.
        space: registry name of the search space.
        metric: what validation and test measure.
        architectures: of the whole table, what reading it would cost; None where none holds the
            space.
    """

    name: str
    label: str
    validation: str
    test: str
    files: Mapping[str, str]
    validation_optimum: float | None
    space: str
    metric: Metric = ACCURACY
    architectures: int | None = None


@dataclass(frozen=True)
class SettingsRecord:
    """How much was evaluated, and how.

    Attributes:
        seeds: A, agents per optimizer, numbered from 0.
        start_sets: S, numbered from 0.
        episodes: E, episodes per agent and start set.
        searches: the same of an optimizer whose episode is a whole search.
        neighbours: N, most neighbours presented at each step.
        max_steps: steps after which an episode is cut off.
        seed: master seed.
    """

    seeds: int
    start_sets: int
    episodes: int
    searches: int
    neighbours: int
    max_steps: int
    seed: int


@dataclass(frozen=True)
class AgentRecord:
    """A trained agent.

    Attributes:
        agent_seed: number of the agent.
        result: what its training cost.
    """

    agent_seed: int
    result: TrainingResult


@dataclass(frozen=True)
class OptimizerRecord:
    """An optimizer of a run.

    Attributes:
        options: all of its options, defaults filled in.
        is_search: whether an episode is a whole search.
        episodes: E, episodes per agent and start set.
        trained_on: full names of the benchmarks that it learns from before it is evaluated; none
            where it learns nothing.
        agents: those that are trained.
        learns_elsewhere: whether the benchmark of the run is never queried before the evaluation.
    """

    options: Mapping[str, Any]
    is_search: bool
    episodes: int
    trained_on: tuple[str, ...] = ()
    agents: tuple[AgentRecord, ...] = ()
    learns_elsewhere: bool = False

    @property
    def trainable(self) -> bool:
        """Whether it learns to search before it is evaluated."""
        return bool(self.trained_on)


@dataclass(frozen=True)
class ThroughputRecord:
    """Environment steps per second, all environments together, on one core of the machine.

    Attributes:
        num_envs: environments side by side.
        indices: with architectures left as numbers, as the replay takes them.
        features: with every observation written out as features.
    """

    num_envs: int
    indices: float
    features: float


@dataclass(frozen=True)
class Manifest:
    """Content of ``manifest.json``.

    Attributes:
        run: name of the run folder.
        config_hash: hex SHA-256 of everything that changes numbers; the name ends in its beginning.
        settings: how much was evaluated, and how.
        benchmark: what was searched.
        optimizers: what searched, by registry name.
        budgets: query budgets of the tables, ascending.
        reproducible: whether the same seed gives the same numbers again.
        versions: of Python, packages and optimizers.
        git: commit of the checkout that ran, ``+`` if altered, None where there is none.
        hardware: processor, cores, memory.
        command: what was typed, empty where nothing was.
        started: ISO time of the first start.
        throughput: of the environment, empty where not measured.
        wall_seconds: over all resumed parts.
        complete: whether all pieces of work are done.
        format: of the run folder.
    """

    run: str
    config_hash: str
    settings: SettingsRecord
    benchmark: BenchmarkRecord
    optimizers: Mapping[str, OptimizerRecord]
    budgets: tuple[int, ...]
    reproducible: bool
    versions: Mapping[str, str]
    git: str | None
    hardware: Mapping[str, Any]
    command: str
    started: str
    throughput: tuple[ThroughputRecord, ...] = ()
    wall_seconds: float = 0.0
    complete: bool = False
    format: int = field(default=FORMAT)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a run folder, atomically."""
    write_json(folder / MANIFEST, manifest)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run folder.

    Raises:
        MissingFileError: there is none.
        UserError: it is broken, or of another format.
    """
    return read_described(folder / MANIFEST, Manifest, "run folder")
