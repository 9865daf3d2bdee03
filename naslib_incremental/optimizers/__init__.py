"""Optimizers behind one ask/tell contract, found through one entry-point registry."""

from __future__ import annotations

from naslib_incremental.optimizers.contract import (
    Ask,
    EpisodeSettings,
    Optimizer,
    Outcome,
    Resources,
    TrainableOptimizer,
)
from naslib_incremental.optimizers.registry import (
    OPTIMIZERS,
    configure,
    load_optimizer,
    make_optimizer,
)
from naslib_incremental.records.training import TrainingResult

__all__ = [
    "OPTIMIZERS",
    "Ask",
    "EpisodeSettings",
    "Optimizer",
    "Outcome",
    "Resources",
    "TrainableOptimizer",
    "TrainingResult",
    "configure",
    "load_optimizer",
    "make_optimizer",
]
