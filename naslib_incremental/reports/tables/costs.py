"""Tables of what a run cost: the training of its agents, and how fast its machine steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.tables.budgets import NOTHING
from naslib_incremental.reports.tables.rendering import Column, Entry, Table


def training_table(analysis: Analysis) -> Table:
    """What each trained agent cost before it was evaluated."""
    keys = ("agent_seed", "steps", "seconds", "queries", "distinct_queries")
    titles = ("agent seed", "steps", "seconds", "training queries", "distinct queries")
    rows = tuple(
        (
            Entry((optimizer.name,)),
            *(Entry((_count(agent.get(key)),)) for key in keys),
        )
        for optimizer in analysis.optimizers
        for agent in optimizer.runs.training
    )
    note = (
        "Training queries are validation accuracies looked up while learning, repeats included; "
        "the budgets above do not count them."
    )
    loose = [run.name for run in analysis.evaluation.runs if not run.reproducible]
    if loose:
        note += (
            f" {', '.join(loose)}: trained by processes that do not wait for each other "
            "(--engine rllib); the same seed cannot give the same agents again."
        )
    return Table(
        "training",
        "Training of the agents",
        (Column("optimizer", numeric=False), *map(Column, titles)),
        rows,
        note,
    )


def episodes_table(analysis: Analysis) -> Table:
    """How long an episode takes; optimizers whose runs did not write it down are left out."""
    timed = [
        (optimizer, sum(cell.seconds for cell in optimizer.runs.cells))
        for optimizer in analysis.optimizers
    ]
    rows = tuple(
        (
            Entry((optimizer.name,)),
            Entry((f"{1000 * seconds / optimizer.endings.episodes:.3g}",)),
            Entry((f"{optimizer.endings.queries:.1f}",)),
        )
        for optimizer, seconds in timed
        if not np.isnan(seconds)
    )
    return Table(
        "episode_costs",
        "What an episode costs",
        (Column("optimizer", numeric=False), Column("milliseconds"), Column("queries")),
        rows,
        "Means per episode. Time is that of evaluating many episodes side by side in one process, "
        "answers of the benchmark included, on the machine that the manifest names.",
    )


def throughput_table(analysis: Analysis) -> Table:
    """Environment steps per second by degree of vectorisation, as each run measured it."""
    keys = ("lanes", "indices", "features")
    rows = tuple(
        (Entry((run.name,)), *(Entry((_count(measured.get(key)),)) for key in keys))
        for run in analysis.evaluation.runs
        for measured in run.manifest.get("throughput", [])
    )
    return Table(
        "throughput",
        "Environment throughput",
        (
            Column("run", numeric=False),
            Column("lanes"),
            Column("steps/s, index observations"),
            Column("steps/s, materialised observations"),
        ),
        rows,
        "Steps per second of the bare environment, all lanes together, on one core of the machine "
        "that the manifest names: with architectures left as numbers, as the replay takes them, "
        "and with every observation written out as features.",
    )


def _count(value: Any) -> str:
    """A number of the manifest with thousands marked, whole."""
    return f"{value:,.0f}" if isinstance(value, (int, float)) else NOTHING
