"""Measures the speeds that the README states, each against a plain-Python equivalent in one run.

Every line prints both rates and their ratio; ``make bench`` runs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import islice, product

import numpy as np
import torch
from nas_bench_graph import Arch, gnn_list, link_list

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder, ObservationTensors
from naslib_incremental.agent.n_step import Transitions
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.policy import DirectQ, Policy, TabledQ, array_q, roll_out
from naslib_incremental.agent.replay import PrioritisedReplay, SumTree
from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.mdp import measure_throughput
from naslib_incremental.mdp.throughput import NUM_ENVS
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.local_search import LocalSearch
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.random_walk import RandomWalk
from naslib_incremental.search_spaces_ext import nasbench_graph as kernels

SECONDS = 1.0


def rate(work: Callable[[], int]) -> float:
    """Pieces of work per second; the first call is a warm-up."""
    work()
    done, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < SECONDS:
        done += work()
    return done / (time.perf_counter() - begin)


def compare(what: str, ours: Callable[[], int], plain: Callable[[], int]) -> None:
    """Print both rates and their ratio."""
    fast, slow = rate(ours), rate(plain)
    print(f"{what:58} {fast:14,.0f}/s {slow:12,.0f}/s {fast / slow:9,.0f} x", flush=True)


def package_key(inputs: list[int], operations: list[int]) -> int:
    """The package's own hash of a cell."""
    return Arch(inputs, [gnn_list[o] for o in operations]).valid_hash()


def package_neighbours(key: int) -> set[int]:
    """All neighbours of a cell by the package's own hash."""
    digits = [int(digit) for digit in f"{key:05d}"]
    inputs, operations = link_list[digits[0]], digits[1:]
    found = set()
    for node in range(4):
        for operation in range(9):
            found.add(package_key(inputs, [*operations[:node], operation, *operations[node + 1 :]]))
        for source in range(node + 1):
            found.add(package_key([*inputs[:node], source, *inputs[node + 1 :]], operations))
    return found - {key, kernels.ALL_SKIP}


def bench_space(benchmark: Benchmark) -> None:
    """Canonical keys and neighbours."""
    cells = list(islice(product(range(9), repeat=4), 2_000))
    inputs = np.tile(link_list[3], (len(cells), 1)).astype(np.int64)
    operations = np.array(cells, np.int64)
    compare(
        "canonical keys [cells]",
        lambda: len(kernels.canonical_keys(inputs, operations)),
        lambda: len([package_key(link_list[3], list(cell)) for cell in cells[:100]]),
    )
    space = benchmark.space
    states = space.sample(4_096, np.random.default_rng(0))
    keys = space.hash(states).tolist()
    compare(
        "neighbours of a cell, deduplicated [cells]",
        lambda: len(space.neighbours(states, 50, np.random.default_rng(1)).mask),
        lambda: len([package_neighbours(key) for key in keys[:5]]),
    )


def bench_environment(benchmark: Benchmark) -> None:
    """Environment steps by degree of vectorisation."""
    print(f"\n{'environment steps per second':58} {'indices':>16} {'features':>14}")
    for num_envs in NUM_ENVS:
        found = measure_throughput(benchmark, num_envs, SECONDS)
        rates = f"{found.indices:14,.0f}/s {found.features:12,.0f}/s"
        print(f"{f'  {num_envs:,} side by side':58} {rates}")
    print()


def plain_local_search(benchmark: Benchmark, episodes: int) -> int:
    """Local search one episode at a time, over the same compiled neighbours."""
    rng = np.random.default_rng(0)
    graph, values = benchmark.space.graph, benchmark.query(np.arange(len(benchmark.space)))
    worth = values.validation.tolist()
    for start in rng.integers(len(worth), size=episodes).tolist():
        current = start
        while True:
            row = graph.targets[graph.offsets[current] : graph.offsets[current + 1]].tolist()
            best = max(row, key=worth.__getitem__)
            if worth[best] <= worth[current]:
                break
            current = best
    return episodes


def bench_baselines(benchmark: Benchmark) -> None:
    """Episodes of the baselines, through the harness's own loop."""
    starts = sample_start_set(benchmark, 10_000, np.random.SeedSequence(0))

    def episodes(kind: type[LocalSearch | RandomWalk | RandomSearch]) -> int:
        optimizer = kind(benchmark.space, EpisodeSettings())
        return len(evaluate(optimizer, benchmark, starts, np.random.default_rng(0)).queries)

    compare(
        "local search through the harness [episodes]",
        lambda: episodes(LocalSearch),
        lambda: plain_local_search(benchmark, 500),
    )
    for kind in (RandomWalk, RandomSearch):
        speed = rate(partial(episodes, kind))
        print(f"{kind.name + ' through the harness [episodes]':58} {speed:14,.0f}/s")


def bench_replay() -> None:
    """Prioritised samples against numpy's weighted choice."""
    capacity, rng = 51_200, np.random.default_rng(0)
    replay = PrioritisedReplay(capacity, SumTree(capacity, 0.6, 0.4, rng))
    shown = torch.zeros((capacity, 39), dtype=torch.int32)
    zeros, halves = torch.zeros(capacity, dtype=torch.int16), torch.full((capacity,), 0.5)
    replay.add(
        Transitions(shown, zeros + 1, zeros, halves, halves, shown, zeros + 1),
        torch.from_numpy(rng.random(capacity)),
    )
    weights = rng.random(capacity) ** 0.6

    def plain() -> int:
        return len(rng.choice(capacity, 256, p=weights / weights.sum()))

    def ours() -> int:
        slots, _, _ = replay.sample(256)
        replay.update(slots, torch.from_numpy(rng.random(256)))
        return 256

    compare("prioritised replay, sampled and updated [transitions]", ours, plain)


def bench_network(benchmark: Benchmark) -> None:
    """Inference, and evaluation from the table of Q values against a forward pass a step."""
    space = benchmark.space
    network = QNetwork(AgentConfig(), space.features, space.max_degree + 1).eval()

    encoder = HostEncoder(space)

    @array_q
    def values(shown: ObservationTensors) -> torch.Tensor:
        return network(*encoder.inputs(shown))

    starts = space.sample(20_000, np.random.default_rng(0))
    tabled, direct = TabledQ(values, space, 50), DirectQ(values, space, 50)
    policy = Policy(0.05, 0.0)

    def episodes(source: DirectQ | TabledQ, count: int) -> int:
        return len(roll_out(source, starts[:count], 32, policy, np.random.default_rng(0)).final)

    compare(
        "agent's evaluation from the table of Q values [episodes]",
        lambda: episodes(tabled, 20_000),
        lambda: episodes(direct, 64),
    )


def main() -> None:
    """Run everything."""
    torch.set_num_threads(1)
    benchmark = open_benchmark("nasbench_graph/cora")
    print(f"{'what [unit]':58} {'ours':>16} {'plain':>14} {'ratio':>11}")
    bench_space(benchmark)
    bench_environment(benchmark)
    bench_baselines(benchmark)
    bench_replay()
    bench_network(benchmark)


if __name__ == "__main__":
    main()
