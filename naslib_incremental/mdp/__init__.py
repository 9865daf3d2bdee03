"""The incremental MDP: a state is an architecture, an action moves to a neighbour or stays."""

from __future__ import annotations

from naslib_incremental.mdp.gymnasium_face import IncrementalEnv, IncrementalVectorEnv
from naslib_incremental.mdp.incremental import (
    STAY,
    IncrementalMDP,
    Observation,
    Step,
    observe,
    shape,
)
from naslib_incremental.mdp.throughput import Throughput, measure_throughput

__all__ = [
    "STAY",
    "IncrementalEnv",
    "IncrementalMDP",
    "IncrementalVectorEnv",
    "Observation",
    "Step",
    "Throughput",
    "measure_throughput",
    "observe",
    "shape",
]
