"""``ApexDQN`` on a real cluster of processes, some of them killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ray = pytest.importorskip("ray", reason="needs the extra rllib")

from ray_fixture import gone, process_of, wait_for

from naslib_incremental.agent.checkpoint import UnusableCheckpointError
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.rllib.algorithm import ApexConfig, ApexDQN
from naslib_incremental.agent.rllib.roles import ApexEnvRunner
from naslib_incremental.agent.rllib.topology import Topology

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
AGENT = {
    "lanes": 16,
    "dimensions": 8,
    "feed_forward": 8,
    "attention_heads": 1,
    "batch_size": 16,
    "update_every": 16,
    "learning_starts": 64,
    "replay_capacity": 400,
    "target_update_every": 10,
}
NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"
)


def settings(shards: int = 2, learners: int = 0, **agent: Any) -> ApexConfig:
    config = ApexConfig().over(Topology(2, shards, cpus_per_process=0.5))
    config.agent = {**AGENT, **agent}
    config.min_sample_timesteps_per_iteration = 128
    return config.learners(num_learners=learners)


@pytest.fixture(scope="module")
def algorithm(cluster: Path) -> Iterator[ApexDQN]:
    """Two runners, two shards, and a learner in a process of its own."""
    built = settings(learners=1).build_algo()
    yield built
    built.stop()
    assert not list(cluster.rglob("*")), "nothing is written to the user's home"


def runners(algorithm: ApexDQN) -> list[int]:
    return list(algorithm.env_runner_group.foreach_env_runner(lambda _: os.getpid()))


def train_until(algorithm: ApexDQN, condition: Callable[[], Any]) -> None:
    wait_for(lambda: algorithm.train() and condition())


def test_results_have_the_usual_keys_and_updates_keep_pace(algorithm: ApexDQN) -> None:
    results = [algorithm.train() for _ in range(4)]
    steps = [found["num_env_steps_sampled_lifetime"] for found in results]
    assert all(later - earlier >= 128 for earlier, later in zip([0, *steps], steps, strict=False))
    assert steps[-1] == algorithm.ledger.steps
    assert results[-1]["env_runners"]["num_episodes_lifetime"] > 0
    # RLlib gives NaN where no episode ended in an iteration.
    means = [found["env_runners"] for found in results]
    ended = [mean for mean in means if not np.isnan(mean.get("episode_len_mean", np.nan))]
    assert ended
    assert all(1 <= mean["episode_len_mean"] <= 17 for mean in ended)
    assert all(np.isfinite(mean["episode_return_mean"]) for mean in ended)
    assert results[-1]["learners"]["loss"] > 0
    ledger = algorithm.ledger
    paid = ledger.tally.updates * 16 + ledger.owed_steps
    assert ledger.steps - 2 * (64 + 2 * 64) <= paid <= ledger.steps
    assert algorithm.learner_state()["updates"] == ledger.tally.updates
    assert ledger.counter.queries > ledger.counter.distinct > 0


def test_the_newest_weights_reach_every_runner(algorithm: ApexDQN) -> None:
    def behind() -> float:
        newest = algorithm.learner_state()["tensors"]["network.norm.weight"]
        found = algorithm.env_runner_group.foreach_env_runner(
            lambda runner: runner.collector.network.norm.weight.detach().numpy()
        )
        return max(float(abs(weights - newest).max()) for weights in found)

    algorithm.train()
    algorithm._send_weights(None)
    wait_for(lambda: behind() == 0.0, seconds=30)


@NEEDS_PROC
def test_a_runner_that_stands_still_holds_up_nobody(algorithm: ApexDQN) -> None:
    slow = runners(algorithm)[0]
    os.kill(slow, signal.SIGSTOP)
    try:
        begin = algorithm.ledger.steps
        for _ in range(3):
            algorithm.train()
        assert algorithm.ledger.steps >= begin + 3 * 128
    finally:
        os.kill(slow, signal.SIGCONT)


@NEEDS_PROC
def test_a_killed_runner_is_started_again_with_the_weights(algorithm: ApexDQN) -> None:
    group = algorithm.env_runner_group
    victim = runners(algorithm)[0]
    os.kill(victim, signal.SIGKILL)
    train_until(algorithm, lambda: gone(victim) and group.num_healthy_remote_workers() < 2)
    train_until(algorithm, lambda: group.num_healthy_remote_workers() == 2)
    assert victim not in runners(algorithm)
    test_the_newest_weights_reach_every_runner(algorithm)


@NEEDS_PROC
def test_a_killed_shard_is_filled_again(algorithm: ApexDQN) -> None:
    shard = algorithm.shards.actors[0]
    victim = process_of(shard)
    before = algorithm.ledger.tally.updates
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: gone(victim))
    train_until(algorithm, lambda: all(algorithm.shards.state()))
    assert process_of(shard) != victim
    train_until(algorithm, lambda: algorithm.ledger.tally.updates >= before + 50)


@NEEDS_PROC
def test_a_killed_learner_goes_on_from_what_was_kept(algorithm: ApexDQN) -> None:
    algorithm.train()
    updates = algorithm.learner_state()["updates"]
    (found,) = algorithm.learner_group.foreach_learner(lambda _: os.getpid())
    victim = found.get()
    assert victim != os.getpid()
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: gone(victim))
    train_until(algorithm, lambda: algorithm.learner_state()["updates"] >= updates + 20)
    assert algorithm.revived == 1
    (found,) = algorithm.learner_group.foreach_learner(lambda _: os.getpid())
    assert found.get() not in (victim, os.getpid())


def test_a_checkpoint_holds_the_shards_and_another_topology_goes_on(
    algorithm: ApexDQN, tmp_path: Path
) -> None:
    algorithm.train()
    algorithm.save(str(tmp_path))
    # RLlib's own checkpoints are pickles, which are run when they are read.
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]
    saved, kept = algorithm.ledger.state(), algorithm.learner_state()
    rows = sum(len(state["returns"]) for state in algorithm.shards.state())
    other = settings(shards=1).build_algo()
    other.restore(str(tmp_path))
    restored = other.learner_state()
    assert restored["updates"] == kept["updates"] > 0
    assert restored["tensors"].keys() == kept["tensors"].keys()
    for name, tensor in kept["tensors"].items():
        np.testing.assert_array_equal(restored["tensors"][name], tensor, err_msg=name)
    assert other.ledger.state() == saved
    assert sum(len(state["returns"]) for state in other.shards.state()) == rows == 400
    result = other.train()
    assert result["num_env_steps_sampled_lifetime"] >= saved["steps"] + 128
    assert other.ledger.tally.updates > saved["tally"]["updates"]
    other.stop()
    foreign = settings(shards=1, gamma=0.5).build_algo()
    with pytest.raises(UnusableCheckpointError, match="another configuration"):
        foreign.load_checkpoint(str(tmp_path))
    foreign.stop()


def test_runners_of_one_seed_walk_different_ways(cluster: Path) -> None:
    config = settings()
    first, second, again = (
        ApexEnvRunner(config=config, worker_index=index, num_workers=2) for index in (1, 2, 1)
    )
    shown = [r.collector.mdp.observation.architectures[:, 0].tolist() for r in (first, second)]
    assert shown[0] != shown[1]
    assert shown[0] != again.collector.mdp.observation.architectures[:, 0].tolist()
    assert first.collector.epsilons.min() > second.collector.epsilons.max()


def test_tune_finds_it_by_name(cluster: Path, tmp_path: Path) -> None:
    from ray import tune

    space = {
        "benchmark": "nasbench_graph/cora",
        "agent": {**AGENT, "gamma": tune.grid_search([0.5, 0.9])},
        "num_env_runners": 1,
        "num_replay_shards": 1,
        "num_cpus_per_env_runner": 0.5,
        "num_cpus_for_main_process": 0.5,
        "num_cpus_per_learner": 0.5,
        "min_sample_timesteps_per_iteration": 64,
    }
    tuner = tune.Tuner(
        "ApexIncremental",
        param_space=space,
        run_config=tune.RunConfig(
            storage_path=str(tmp_path),
            stop={"num_env_steps_sampled_lifetime": 256},
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=True),
        ),
    )
    found = tuner.fit()
    assert not found.errors
    assert {result.config["agent"]["gamma"] for result in found} == {0.5, 0.9}
    for result in found:
        assert result.metrics["num_env_steps_sampled_lifetime"] >= 256
        assert "episode_return_mean" in result.metrics["env_runners"]
        assert Path(result.checkpoint.path, "checkpoint.safetensors").exists()
    assert not list(cluster.rglob("*")), "nothing is written to the user's home"


def test_an_unknown_agent_option_is_named_at_once() -> None:
    with pytest.raises(Exception, match="agent options of"):
        settings(nonsense=1).agent_config()
    assert settings().agent_config() == AgentConfig.of(AGENT)
