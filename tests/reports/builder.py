"""Small synthetic run folders, written as the harness writes them: through ``records``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from naslib_incremental.records import (
    Episodes,
    EvaluationTask,
    Incumbents,
    LearningLog,
    TrainingResult,
    TrainingTask,
    write_episodes,
)
from naslib_incremental.records import RunFolder as Folder
from naslib_incremental.records.manifest import (
    AgentRecord,
    BenchmarkRecord,
    Manifest,
    OptimizerRecord,
    SettingsRecord,
    ThroughputRecord,
    write_manifest,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.runs import Evaluation, read_runs
from naslib_incremental.reports.tables.table import Table

ON_PAGE = ("html", "md", "csv", "tex")
"""All formats but the pictures for papers, which take longest."""
Query = tuple[float, float]
"""Validation and test accuracy of one query."""
Pair = tuple[int, int]
"""Agent seed and start set."""
HASH = "abc"


@dataclass
class Episode:
    """All queries of one episode, from which its row is made."""

    queries: Sequence[Query]
    start: Query = (0.5, 0.5)
    final: Query | None = None
    name: str = "cell"
    start_name: str = "start"
    steps: int = 3
    stopped: bool = True

    @property
    def end(self) -> Query:
        return self.final or (self.queries[-1] if self.queries else self.start)


@dataclass
class RunBuilder:
    """A run folder under construction; ``episodes[optimizer][agent, set]``, all of one length.

    An episode of those that are ``searching`` is a whole search.
    """

    folder: Path
    episodes: dict[str, dict[Pair, list[Episode]]]
    budgets: Sequence[int] = (2, 5)
    name: str = "run"
    trained: Sequence[str] = ("apex_incremental",)
    benchmark: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, int] = field(default_factory=dict)
    complete: bool = True
    reproducible: bool = True
    agents_known: bool = True
    searching: Sequence[str] = ()
    trained_on: Sequence[str] = ("toy/one",)
    learns_elsewhere: bool = False
    best_validation: float | None = None

    def write(self) -> Path:
        place = self.place
        for optimizer, pairs in self.episodes.items():
            for (agent, start_set), episodes in pairs.items():
                task = EvaluationTask(optimizer, agent, start_set)
                path = place.file(task)
                path.parent.mkdir(parents=True, exist_ok=True)
                write_episodes(
                    path, task, place.benchmark, as_columns(episodes), HASH, place.metric
                )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_manifest(self.folder, self.manifest)
        return self.folder

    def write_learning(self, optimizer: str, agent: int, figures: Mapping[int, Any]) -> None:
        """A learning curve: figures by step."""
        folder = self.place.agent_folder(TrainingTask(optimizer, agent))
        folder.mkdir(parents=True, exist_ok=True)
        log = LearningLog(folder)
        for step, found in figures.items():
            log.record(step, found)

    @property
    def place(self) -> Folder:
        manifest = self.manifest
        episodes = {name: one.episodes for name, one in manifest.optimizers.items()}
        benchmark = manifest.benchmark
        return Folder(self.folder, HASH, benchmark.name, episodes, benchmark.metric)

    @property
    def pairs(self) -> list[Pair]:
        return [pair for pairs in self.episodes.values() for pair in pairs]

    @property
    def manifest(self) -> Manifest:
        lengths = [len(one) for pairs in self.episodes.values() for one in pairs.values()]
        settings = {
            "seeds": 1 + max((agent for agent, _ in self.pairs), default=0),
            "start_sets": 1 + max((number for _, number in self.pairs), default=0),
            "episodes": max(lengths, default=1),
            "searches": 8,
            "neighbours": 50,
            "max_steps": 32,
            "seed": 0,
            **self.settings,
        }
        described = {
            "name": "toy/one",
            "label": "Toy <one>, real trainings",
            "validation": "mean of two repeats",
            "test": "mean of two tests",
            "files": {"toy.csv": "00ff"},
            "validation_optimum": 0.97,
            "space": "toy",
            **self.benchmark,
        }
        return Manifest(
            run=self.name,
            config_hash=HASH,
            settings=SettingsRecord(**settings),
            benchmark=BenchmarkRecord(**described),
            optimizers={
                name: self._optimizer(name, settings["episodes"]) for name in self.episodes
            },
            budgets=tuple(self.budgets),
            reproducible=self.reproducible,
            versions={"numpy": np.__version__},
            git=None,
            hardware={"cores": 2},
            command="naslib-run --quick",
            started="2024-01-01T00:00:00+00:00",
            throughput=(ThroughputRecord(1, 3e4, 2e4), ThroughputRecord(1_024, 2e6, 4e5)),
            wall_seconds=1.0,
            complete=self.complete,
        )

    def _optimizer(self, name: str, episodes: int) -> OptimizerRecord:
        trained, searching = name in self.trained, name in self.searching
        if searching:
            episodes = len(next(iter(self.episodes[name].values())))
        agents = sorted({agent for agent, _ in self.pairs}) if trained and self.agents_known else []
        return OptimizerRecord(
            {},
            is_search=searching,
            episodes=episodes,
            trained_on=tuple(self.trained_on) if trained else (),
            agents=tuple(
                AgentRecord(
                    agent,
                    TrainingResult(
                        1000, 900 + agent, 800 + 10 * agent, 12.5, {}, 70, self.best_validation
                    ),
                )
                for agent in agents
            ),
            learns_elsewhere=trained and self.learns_elsewhere,
        )


def analysis_of(run: RunBuilder) -> Analysis:
    """The numbers of a report of this run alone."""
    return Analysis(read_runs([run.write()]))


def shown(table: Table) -> list[list[str]]:
    """What a reader sees in each place of a table, detail and all."""
    return [
        [f"{entry.text} {entry.detail}".strip().replace("\N{NO-BREAK SPACE}", " ") for entry in row]
        for row in table.grid().rows
    ]


def evaluations_of(pairs: Sequence[list[list[Query]]]) -> list[Evaluation]:
    """Evaluations of agents 0, 1, ... on one start set, given by the queries of their episodes."""
    return [
        Evaluation(
            EvaluationTask("local_search", number, 0),
            as_columns([Episode(queries) for queries in episodes]),
        )
        for number, episodes in enumerate(pairs)
    ]


def as_columns(episodes: Sequence[Episode]) -> Episodes:
    """Columns of episodes, their incumbents found query by query."""
    kept = [incumbents(one.queries) for one in episodes]
    flat = np.array([one for ones in kept for one in ones], float).reshape(-1, 3)
    return Episodes(
        start=np.array([one.start_name for one in episodes], object),
        final=np.array([one.name for one in episodes], object),
        start_validation=np.array([one.start[0] for one in episodes], float),
        start_test=np.array([one.start[1] for one in episodes], float),
        final_validation=np.array([one.end[0] for one in episodes], float),
        final_test=np.array([one.end[1] for one in episodes], float),
        num_steps=np.array([one.steps for one in episodes]),
        queries=np.array([len(one.queries) for one in episodes]),
        stopped=np.array([one.stopped for one in episodes]),
        incumbents=Incumbents(
            np.cumsum([0, *map(len, kept)]), flat[:, 0].astype(np.int64), flat[:, 1], flat[:, 2]
        ),
        seconds=0.004 * len(episodes),
    )


def incumbents(queries: Sequence[Query]) -> list[tuple[float, float, float]]:
    """The queries that are a strict best in validation or in test among those before; the first."""
    kept = []
    for i, (validation, test) in enumerate(queries):
        before = queries[:i]
        new_validation = all(validation > other for other, _ in before)
        new_test = all(test > other for _, other in before if not np.isnan(other))
        if i == 0 or new_validation or (new_test and not np.isnan(test)):
            kept.append((i + 1, validation, test))
    return kept


def random_episodes(
    rng: np.random.Generator, count: int, most: int, *, test: bool = True
) -> list[Episode]:
    """Episodes with 1 to ``most`` queries of few distinct accuracies, so that ties occur."""
    found = []
    for _ in range(count):
        values = rng.integers(50, 90, size=(int(rng.integers(1, most + 1)), 2)) / 100
        if not test:
            values[:, 1] = np.nan
        start = (0.4, 0.4 if test else np.nan)
        queries = [(float(v), float(t)) for v, t in values]
        found.append(Episode(queries, start=start, name=f"cell{rng.integers(5)}"))
    return found
