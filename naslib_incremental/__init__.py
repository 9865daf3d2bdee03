"""Agents that learn to search neural architectures, beside baselines, on NAS benchmarks.

Implements *Scalable Reinforcement Learning-based Neural Architecture Search* (Cassimon, Mercelis
and Mets, 2024) as optimizers of a harness that evaluates and reports query-budget comparisons.

The rooms, from the bottom up; each imports only rooms before it:

- ``foundation``: errors, seeds, files, registries
- ``records``: the run folder, written, checked and read
- ``search_spaces_ext``: what an architecture is
- ``benchmarks``: what an architecture is worth
- ``mdp``: the incremental Markov decision process
- ``agent``: Ape-X deep Q-learning
- ``optimizers``: everything that can be compared, behind ask and tell
- ``harness`` and ``reports``: evaluation into a run folder, and what is read off it
- ``cli``: ``naslib-run``, ``naslib-report`` and ``naslib-data``

The names below are the front door: what runs an evaluation and opens its results, and the contracts
of what can be plugged in. They are loaded on first use, so that importing the package costs
nothing::

    from pathlib import Path

    import naslib_incremental as ni

    folder = ni.run(ni.RunConfig({"random_search": {}}, episodes=1_000), Path("runs"))
    ni.open_run(folder).episodes()  # a DataFrame, one row per episode
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
    from naslib_incremental.benchmarks import (
        Answers,
        Benchmark,
        DataFile,
        DataSource,
        Metric,
        Provenance,
        open_benchmark,
    )
    from naslib_incremental.foundation.errors import UserError
    from naslib_incremental.foundation.options import Options
    from naslib_incremental.harness import RunConfig, run
    from naslib_incremental.optimizers import (
        Ask,
        EpisodeSettings,
        Optimizer,
        Outcome,
        Resources,
        TrainableOptimizer,
        TrainingResult,
    )
    from naslib_incremental.optimizers.own_search import Query, Searcher, search
    from naslib_incremental.records import open_run
    from naslib_incremental.search_spaces_ext.contract import CellDrawing, Neighbours, SearchSpace

__version__ = "0.1.0"

_HOMES = {
    "foundation.errors": ("UserError",),
    "foundation.options": ("Options",),
    "records": ("open_run",),
    "search_spaces_ext.contract": ("CellDrawing", "Neighbours", "SearchSpace"),
    "benchmarks": (
        "Answers",
        "Benchmark",
        "DataFile",
        "DataSource",
        "Metric",
        "Provenance",
        "open_benchmark",
    ),
    "optimizers": (
        "Ask",
        "EpisodeSettings",
        "Optimizer",
        "Outcome",
        "Resources",
        "TrainableOptimizer",
        "TrainingResult",
    ),
    "optimizers.own_search": ("Query", "Searcher", "search"),
    "harness": ("RunConfig", "run"),
}

__all__ = [
    "Answers",
    "Ask",
    "Benchmark",
    "CellDrawing",
    "DataFile",
    "DataSource",
    "EpisodeSettings",
    "Metric",
    "Neighbours",
    "Optimizer",
    "Options",
    "Outcome",
    "Provenance",
    "Query",
    "Resources",
    "RunConfig",
    "SearchSpace",
    "Searcher",
    "TrainableOptimizer",
    "TrainingResult",
    "UserError",
    "open_benchmark",
    "open_run",
    "run",
    "search",
]

__getattr__, __dir__ = lazy_face(
    __name__, {name: home for home, names in _HOMES.items() for name in names}
)
