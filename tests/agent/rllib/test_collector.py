"""What a runner sends: transitions of indices, their ends, priorities and summary."""

from __future__ import annotations

import numpy as np
import pytest
import torch

pytest.importorskip("ray", reason="needs the extra rllib")

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.exploration import epsilon_ladder
from naslib_incremental.agent.rllib.collector import Collector
from naslib_incremental.agent.rllib.shards import Fragment
from tests.doubles.tiny_mdp import TinyBenchmark

# Degrees 1 to 4, so that most rows have padding.
ROWS = [[1, 2, 3, 4], [0, 3], [4], [0], [1, 2]]
ACCURACIES = [0.5, 0.2, 0.6, 0.9, 0.3]
GAMMA = 0.5


def collector(runner: int = 0, runners: int = 1, seed: int = 0, **options: object) -> Collector:
    sizes = {
        "num_envs": 16,
        "dimensions": 8,
        "feed_forward": 8,
        "gamma": GAMMA,
        "epsilon_base": 0.9,
    }
    config = AgentConfig.of({**sizes, "epsilon_exponent": 0.1, **options})
    benchmark = TinyBenchmark(ROWS, ACCURACIES)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Collector(config, benchmark, runner, runners, 1.0, np.random.SeedSequence(seed))


def fragment(found: Collector, steps: int) -> Fragment:
    made, _ = found.collect(steps)
    assert made is not None
    return made


def test_transitions_are_indices_and_never_observations() -> None:
    made = fragment(collector(), 8)
    count = len(made.pop("priorities"))
    assert made["states"].shape == (count, 5)
    assert made["states"].dtype == np.int32
    assert sum(column.nbytes for column in made.values()) < 60 * count


def test_every_action_is_an_allowed_one() -> None:
    rows = fragment(collector(), 100)
    assert (rows["actions"] < rows["allowed"]).all()
    degrees = np.array([len(row) for row in ROWS])
    np.testing.assert_array_equal(rows["allowed"], degrees[rows["states"][:, 0]] + 1)
    chosen = rows["actions"][rows["states"][:, 0] == 0]
    assert set(chosen.tolist()) == {0, 1, 2, 3, 4}, "exploration reaches every allowed action"


def test_the_terminating_action_is_sent_and_bootstraps_nothing() -> None:
    rows = fragment(collector(), 100)
    stays = rows["actions"] == 0
    assert 0.05 < stays.mean() < 0.95
    assert (rows["discounts"][stays] == 0).all()
    assert (rows["returns"][stays] == 0).all()


@pytest.mark.parametrize("limit", [1, 2])
def test_episodes_shorter_than_n_bootstrap_with_the_steps_they_had(limit: int) -> None:
    """Time limits only shorten the return: gamma^k with the k steps that were taken."""
    found = collector(training_max_steps=limit, n_step=3)
    walked = fragment(found, 60)
    moved = walked["actions"] != 0
    first = np.unique(walked["discounts"][moved]).tolist()
    assert set(first) <= {0.0, *(GAMMA**k for k in range(1, limit + 1))}
    assert GAMMA**limit in first
    reached = np.array(ACCURACIES)[walked["next_states"][:, 0]]
    started = np.array(ACCURACIES)[walked["states"][:, 0]]
    single = moved & (walked["discounts"] == np.float32(GAMMA))
    np.testing.assert_allclose(walked["returns"][single], (reached - started)[single], atol=1e-6)


def test_fragments_follow_each_other_without_a_gap() -> None:
    whole, pieces = collector(), collector()
    at_once = fragment(whole, 24)
    parts = [part for part, _ in (pieces.collect(6) for _ in range(4)) if part]
    assert "priorities" in at_once
    for name, column in at_once.items():
        joined = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(joined, column, err_msg=name)


def test_runners_share_one_ladder_from_bold_to_greedy() -> None:
    shares = [collector(runner, 3).epsilons for runner in range(3)]
    np.testing.assert_array_equal(np.concatenate(shares), epsilon_ladder(16, 0.9, 0.1))
    watched = np.concatenate([collector(runner, 3).watched for runner in range(3)])
    assert watched.sum() == 4
    assert watched[-4:].all()


def test_other_seeds_walk_other_ways() -> None:
    ways = [fragment(collector(seed=seed), 20)["actions"] for seed in (1, 1, 2)]
    np.testing.assert_array_equal(ways[0], ways[1])
    assert (ways[0] != ways[2]).any()


def test_the_summary_counts_steps_queries_episodes_and_finals() -> None:
    found = collector(3, 4, training_max_steps=4)
    _, summary = found.collect(50)
    assert summary.steps == 200
    assert summary.finals == len(summary.returns) == len(summary.lengths) > 0
    assert summary.lengths.max() <= 5
    assert set(summary.seen.tolist()) <= set(range(5))
    assert summary.best == found.counter.benchmark.query(summary.seen.astype(int)).validation.max()
    moves = summary.steps - summary.queries + len(summary.returns) + 4
    assert 0 <= moves <= summary.steps, "every start and every move is a query, staying is not"
    before = found.collect(1)[1]
    assert before.queries <= 8, "a fragment's summary holds its own queries only"


def test_returns_are_the_improvements_of_the_episodes() -> None:
    found = collector(training_max_steps=3)
    found.returns[:] = 0
    _, summary = found.collect(200)
    gains = {round(b - a, 6) for a in ACCURACIES for b in ACCURACIES}
    assert {round(value, 6) for value in summary.returns.tolist()} <= gains
