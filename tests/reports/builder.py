"""Writes small synthetic run folders in the schema that the harness writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Query = tuple[float, float]
"""Validation and test accuracy of one query."""

INCUMBENT = pa.struct([("query", pa.int32()), ("validation", pa.float64()), ("test", pa.float64())])
SCHEMA = pa.schema(
    [
        ("optimizer", pa.string()),
        ("benchmark", pa.string()),
        ("agent_seed", pa.int32()),
        ("start_set", pa.int32()),
        ("episode", pa.int32()),
        ("start", pa.string()),
        ("final", pa.string()),
        ("start_validation", pa.float64()),
        ("start_test", pa.float64()),
        ("final_validation", pa.float64()),
        ("final_test", pa.float64()),
        ("steps", pa.int32()),
        ("queries", pa.int64()),
        ("stopped", pa.bool_()),
        ("incumbents", pa.list_(INCUMBENT)),
    ]
)


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


@dataclass
class RunFolder:
    """A run folder under construction; ``cells[optimizer][agent, set]`` are episodes."""

    folder: Path
    cells: dict[str, dict[tuple[int, int], list[Episode]]]
    budgets: Sequence[int] = (2, 5)
    name: str = "run"
    trained: Sequence[str] = ("apex_incremental",)
    benchmark: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    complete: bool = True

    def write(self) -> Path:
        for optimizer, cells in self.cells.items():
            for (agent, start_set), episodes in cells.items():
                rows = [
                    row(optimizer, self.described["name"], agent, start_set, number, episode)
                    for number, episode in enumerate(episodes)
                ]
                target = self.folder / "cells" / optimizer
                target.mkdir(parents=True, exist_ok=True)
                timed = SCHEMA.with_metadata({"seconds": f"{0.004 * len(rows):g}"})
                table = pa.Table.from_pylist(rows, schema=timed)
                pq.write_table(table, target / f"agent{agent}-set{start_set}.parquet")
        self.write_manifest()
        return self.folder

    @property
    def described(self) -> dict[str, Any]:
        return {
            "name": "toy/one",
            "label": "Toy <one>, real trainings",
            "validation": "mean of two repeats",
            "test": "mean of two tests",
            "files": {"toy.csv": "00ff"},
            "validation_optimum": 0.97,
            "space": "toy",
            **self.benchmark,
        }

    def write_manifest(self) -> None:
        agents = sorted({agent for cells in self.cells.values() for agent, _ in cells})
        training = [
            {
                "agent_seed": agent,
                "steps": 1000,
                "queries": 900 + agent,
                "distinct_queries": 800,
                "seconds": 12.5,
                "details": {},
            }
            for agent in agents
        ]
        manifest = {
            "format": 1,
            "run": self.name,
            "config_hash": "abc",
            "config": self.config,
            "benchmark": self.described,
            "optimizers": {
                name: {"options": {}, "training": training if name in self.trained else []}
                for name in self.cells
            },
            "budgets": list(self.budgets),
            "versions": {"numpy": np.__version__},
            "git": None,
            "hardware": {"cores": 2},
            "command": "naslib-run --quick",
            "started": "2024-01-01T00:00:00+00:00",
            "throughput": [
                {"lanes": 1, "indices": 3e4, "features": 2e4},
                {"lanes": 1_024, "indices": 2e6, "features": 4e5},
            ],
            "wall_seconds": 1.0,
            "complete": self.complete,
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    def write_progress(self, optimizer: str, agent: int, lines: Sequence[str]) -> None:
        target = self.folder / "agents" / optimizer / f"agent{agent}"
        target.mkdir(parents=True, exist_ok=True)
        (target / "progress.jsonl").write_text("\n".join(lines), encoding="utf-8")


def row(
    optimizer: str, benchmark: str, agent: int, start_set: int, number: int, episode: Episode
) -> dict[str, Any]:
    final = episode.final or (episode.queries[-1] if episode.queries else episode.start)
    return {
        "optimizer": optimizer,
        "benchmark": benchmark,
        "agent_seed": agent,
        "start_set": start_set,
        "episode": number,
        "start": episode.start_name,
        "final": episode.name,
        "start_validation": episode.start[0],
        "start_test": episode.start[1],
        "final_validation": final[0],
        "final_test": final[1],
        "steps": episode.steps,
        "queries": len(episode.queries),
        "stopped": episode.stopped,
        "incumbents": incumbents(episode.queries),
    }


def incumbents(queries: Sequence[Query]) -> list[dict[str, float]]:
    """The queries that are a strict best in validation or in test among those before; the first."""
    kept = []
    for i, (validation, test) in enumerate(queries):
        before = queries[:i]
        new_validation = all(validation > other for other, _ in before)
        new_test = all(test > other for _, other in before if not np.isnan(other))
        if i == 0 or new_validation or (new_test and not np.isnan(test)):
            kept.append({"query": i + 1, "validation": validation, "test": test})
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
