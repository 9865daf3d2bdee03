"""Optimizers behind one ask/tell contract, found through one entry-point registry."""

from __future__ import annotations

from naslib_incremental.optimizers.contract import (
    Ask,
    EpisodeSettings,
    Optimizer,
    Outcome,
    TrainableOptimizer,
    Training,
)
from naslib_incremental.optimizers.registry import OPTIMIZERS, load_optimizer

__all__ = [
    "OPTIMIZERS",
    "Ask",
    "EpisodeSettings",
    "Optimizer",
    "Outcome",
    "TrainableOptimizer",
    "Training",
    "load_optimizer",
]
