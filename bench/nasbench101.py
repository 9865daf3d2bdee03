"""Speeds of NAS-Bench-101: hashes, graph, neighbours, samplers, updates, and reading a TFRecord.

Run as ``python -m bench.nasbench101``; with ``--tfrecord`` it also writes a file of the official
one's size (1,270,872 records of made-up numbers) and imports it.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import torch

from bench.made_up.nasbench101_files import made_up_trainings, write_tfrecord
from bench.plain_nasbench101 import neighbours, sample_size_first, to_cell
from naslib_incremental.agent import network
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder, ObservationTensors
from naslib_incremental.agent.learner import Learner
from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.benchmarks import import_data
from naslib_incremental.foundation.storage import CACHE_VARIABLE
from naslib_incremental.mdp import observe
from naslib_incremental.search_spaces_ext.nasbench101.module_hash import md5_module_hash
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space, word_to_cell

STATES = 100_000
PLAIN = 5_000
UPDATES = 20


def timed(what: str, function: Callable[[], object], count: int = 0) -> float:
    """Seconds of one call, printed, per second where a count is given."""
    started = time.perf_counter()
    function()
    seconds = time.perf_counter() - started
    rate = f"{count / seconds:>14,.0f} /s" if count else ""
    print(f"{what:48} {seconds:8.2f} s {rate}")
    return seconds


def against(what: str, fast: float, plain: float) -> None:
    """Print the ratio of two rates."""
    print(f"{'  ' + what + ', ours to plain Python':48} {fast / plain:8,.0f} x")


def space_speeds() -> NASBench101Space:
    """Everything about the space, once compiled kernels are warm."""
    space = NASBench101Space()
    rng = np.random.default_rng(0)
    words = space.enumerate()
    space.expand(words[:10])
    timed("enumerate and hash the space", lambda: space.keys(space.enumerate()), len(words))
    timed("compile the search graph", lambda: space.graph, 10_567_988)
    timed("open it from the cache", lambda: NASBench101Space().graph)
    fast = timed("64-bit hash", lambda: space.keys(words), len(words))
    cells = [word_to_cell(word) for word in rng.choice(words, PLAIN).tolist()]
    plain = timed("MD5, plain Python", lambda: [md5_module_hash(*cell) for cell in cells], PLAIN)
    against("hashes", len(words) / fast, PLAIN / plain)
    for sampler in reversed(space.samplers):
        space.sample(1, rng, sampler)
        fast = timed(f"sampler {sampler}", lambda s=sampler: space.sample(STATES, rng, s), STATES)
    random = Random(0)
    plain = timed(
        "sampler paper, plain Python", lambda: [sample_size_first(random) for _ in range(200)], 200
    )
    against("samples", STATES / fast, 200 / plain)
    states = space.sample(STATES, rng, "uniform")
    space.neighbours(states[:1], 50, rng)
    fast = timed("up to 50 neighbours", lambda: space.neighbours(states, 50, rng), STATES)
    some = [to_cell(word) for word in rng.choice(words, 20).tolist()]
    plain = timed("neighbours, plain Python", lambda: [neighbours(cell) for cell in some], 20)
    against("neighbours", STATES / fast, 20 / plain)
    return space


def learner_speeds(space: NASBench101Space) -> None:
    """Updates of the network at what the space shows, without its empty slots and with them."""
    torch.set_num_threads(1)
    config, rng = AgentConfig(), np.random.default_rng(0)
    learner = Learner(config, HostEncoder(space), config.neighbours + 1, seed=0)
    states = space.sample(config.batch_size, rng, "uniform")
    shown = ObservationTensors.of(observe(space, states, config.neighbours, rng))
    actions, ones = torch.zeros(len(states), dtype=torch.int16), torch.ones(len(states))
    seen = (shown.states, shown.allowed)
    transitions = Transitions(*seen, actions, ones, ones, *seen)

    def update() -> None:
        for _ in range(UPDATES):
            learner.update(transitions, ones)

    seconds = {}
    for what, full_enough in (("left out", network.FULL_ENOUGH), ("computed", 0.0)):
        network.FULL_ENOUGH = full_enough
        update()
        seconds[what] = timed(f"updates of the agent, empty slots {what}", update, UPDATES)
    print(f"{'  left out, to computed':48} {seconds['computed'] / seconds['left out']:8.1f} x")


def main() -> None:
    """Measure in a cache of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tfrecord", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = folder
        space = space_speeds()
        if arguments.tfrecord:
            path = Path(folder) / "made_up.tfrecord"
            trainings = made_up_trainings(space.graph.words, (108,), 3, 0, hashed=False)
            timed("write a TFRecord file", lambda: write_tfrecord(path, trainings))
            timed("import it", lambda: import_data(path), 3 * len(space))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory {peak:,.0f} MiB")
        learner_speeds(space)


if __name__ == "__main__":
    main()
