"""How fast the environment runs by its degree of vectorisation (paper, figure 16)."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from naslib_incremental.benchmarks import Benchmark, QueryCounter
from naslib_incremental.mdp.incremental import IncrementalMDP

NUM_ENVS = (1, 32, 1_024)


@dataclass(frozen=True)
class Throughput:
    """Environment steps per second, all environments together, on one core.

    Attributes:
        num_envs: environments side by side.
        indices: with observations left as state indices or packed words, as the agent's replay
            takes them.
        features: with every observation materialised as 0/1 features.
    """

    num_envs: int
    indices: float
    features: float


def measure_throughput(benchmark: Benchmark, num_envs: int, seconds: float) -> Throughput:
    """Time uniformly random walks that never stay.

    Args:
        benchmark: what architectures are worth.
        num_envs: L.
        seconds: how long each of the two measurements takes.
    """
    rates = []
    for materialise in (False, True):
        mdp = _environment(benchmark, num_envs)
        _walk(mdp, materialise, 0.0)
        steps, spent = _walk(mdp, materialise, seconds)
        rates.append(steps / spent)
    return Throughput(num_envs, *rates)


def _environment(benchmark: Benchmark, num_envs: int) -> IncrementalMDP:
    return IncrementalMDP(
        QueryCounter(benchmark),
        num_envs=num_envs,
        neighbours=50,
        max_steps=16,
        shaping_alpha=benchmark.shaping_alpha,
        rng=np.random.default_rng(0),
    )


def _walk(mdp: IncrementalMDP, materialise: bool, seconds: float) -> tuple[int, float]:
    steps = 0
    begin = time.perf_counter()
    while True:
        # Neighbours come in random order: the first one, if there is any, is a random one.
        mdp.step(mdp.observation.mask[:, 1].astype(np.int64))
        if materialise:
            mdp.space.encode(mdp.observation.architectures)
        steps += mdp.num_envs
        spent = time.perf_counter() - begin
        if spent >= seconds:
            return steps, spent
