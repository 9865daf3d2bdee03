"""Agents that learn to search neural architectures, beside baselines, on NAS benchmarks.

Implements *Scalable Reinforcement Learning-based Neural Architecture Search* (Cassimon, Mercelis
and Mets, 2024) as optimizers of a harness that evaluates and reports query-budget comparisons.

The rooms, from the bottom up; each imports only rooms before it:

- ``search_spaces_ext``: what an architecture is
- ``benchmarks``: what an architecture is worth
- ``mdp``: the incremental Markov decision process
- ``agent``: Ape-X deep Q-learning
- ``optimizers``: everything that can be compared, behind ask and tell
- ``harness`` and ``reports``: evaluation into a run folder, and what is read off it
- ``cli``: ``naslib-run`` and ``naslib-report``

The names below are what a plug-in needs. They are loaded on first use, so that importing the
package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
    from naslib_incremental.foundation.errors import UserError
    from naslib_incremental.optimizers.contract import (
        Ask,
        EpisodeSettings,
        Optimizer,
        Outcome,
        TrainableOptimizer,
        TrainingResult,
    )
    from naslib_incremental.search_spaces_ext.contract import CellDrawing, Neighbours, SearchSpace

__version__ = "0.1.0"

__all__ = [
    "Answers",
    "Ask",
    "Benchmark",
    "CellDrawing",
    "EpisodeSettings",
    "Neighbours",
    "Optimizer",
    "Outcome",
    "Provenance",
    "SearchSpace",
    "TrainableOptimizer",
    "TrainingResult",
    "UserError",
]

_HOMES = (
    "foundation.errors",
    "search_spaces_ext.contract",
    "benchmarks.contract",
    "optimizers.contract",
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"{__name__}.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
