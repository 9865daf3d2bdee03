"""``ApexDQN`` on a real cluster of processes, some of them killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ray = pytest.importorskip("ray", reason="needs the extra rllib")

from ray_fixture import gone, process_of, wait_for

from naslib_incremental.agent import load_agent, train_agent
from naslib_incremental.agent.checkpoint import UnusableCheckpointError
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.rllib.algorithm import ApexConfig, ApexDQN
from naslib_incremental.agent.rllib.roles import ApexEnvRunner
from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.benchmarks import open_benchmark

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
]
AGENT = {
    "num_envs": 16,
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


def flat(state: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested state by names with slashes."""
    found: dict[str, Any] = {}
    for name, part in state.items():
        found |= (
            flat(part, f"{prefix}{name}/") if isinstance(part, Mapping) else {prefix + name: part}
        )
    return found


def kept_rows(algorithm: ApexDQN) -> int:
    return sum(len(shard["returns"]) for shard in algorithm.shards.state_dict().values())


def runners(algorithm: ApexDQN) -> list[int]:
    return list(algorithm.env_runner_group.foreach_env_runner(lambda _: os.getpid()))


def train_until(algorithm: ApexDQN, condition: Callable[[], Any]) -> None:
    wait_for(lambda: algorithm.train() and condition())


def test_results_have_the_usual_keys_and_updates_keep_pace(algorithm: ApexDQN) -> None:
    results = [algorithm.train() for _ in range(4)]
    steps = [found["num_env_steps_sampled_lifetime"] for found in results]
    assert all(later - earlier >= 128 for earlier, later in zip([0, *steps], steps, strict=False))
    assert steps[-1] == algorithm.progress.steps
    assert results[-1]["env_runners"]["num_episodes_lifetime"] > 0
    # RLlib gives NaN where no episode ended in an iteration.
    means = [found["env_runners"] for found in results]
    ended = [mean for mean in means if not np.isnan(mean.get("episode_len_mean", np.nan))]
    assert ended
    assert all(1 <= mean["episode_len_mean"] <= 17 for mean in ended)
    assert all(np.isfinite(mean["episode_return_mean"]) for mean in ended)
    assert results[-1]["learners"]["loss"] > 0
    progress = algorithm.progress
    updates = progress.sums.totals()["updates"]
    paid = updates * 16 + progress.owed_steps
    assert progress.steps - 2 * (64 + 2 * 64) <= paid <= progress.steps
    assert algorithm.learner_state()["updates"] == updates
    assert progress.counter.queries > progress.counter.distinct > 0


def test_the_newest_weights_reach_every_runner(algorithm: ApexDQN) -> None:
    def behind() -> float:
        newest = algorithm.learner_state()["network"]["norm.weight"].numpy()
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
        begin = algorithm.progress.steps
        for _ in range(3):
            algorithm.train()
        assert algorithm.progress.steps >= begin + 3 * 128
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
    before = algorithm.learner_state()["updates"]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: gone(victim))
    train_until(algorithm, lambda: all(algorithm.shards.state_dict().values()))
    assert process_of(shard) != victim
    train_until(algorithm, lambda: algorithm.learner_state()["updates"] >= before + 50)


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
    saved, kept = algorithm.progress.state_dict(), flat(algorithm.learner_state())
    rows = kept_rows(algorithm)
    other = settings(shards=1).build_algo()
    other.restore(str(tmp_path))
    restored = flat(other.learner_state())
    assert restored["updates"] == kept["updates"] > 0
    assert restored.keys() == kept.keys()
    for name, part in kept.items():
        np.testing.assert_array_equal(restored[name], part, err_msg=name)
    resumed = flat(other.progress.state_dict())
    for name, part in flat(saved).items():
        np.testing.assert_array_equal(resumed[name], part, err_msg=name)
    assert kept_rows(other) == rows == 400
    result = other.train()
    assert result["num_env_steps_sampled_lifetime"] >= saved["steps"] + 128
    assert other.learner_state()["updates"] > kept["updates"]
    other.stop()
    foreign = settings(shards=1, gamma=0.5).build_algo()
    with pytest.raises(UnusableCheckpointError, match="another configuration"):
        foreign.load_checkpoint(str(tmp_path))
    foreign.stop()


def test_it_trains_agents_from_a_configuration(cluster: Path, tmp_path: Path) -> None:
    options = {**AGENT, "engine": "rllib", "num_env_runners": 2, "num_replay_shards": 1}
    config = AgentConfig.of({**options, "steps": 3_000, "temperature": 0.1, "stay_margin": 0.0})
    benchmark = open_benchmark("nasbench_graph/cora")
    seen: list[int] = []

    def progress(step: int, steps: int, figures: Mapping[str, float]) -> None:
        seen.append(step)

    seed = np.random.SeedSequence(1)
    report = train_agent(config, benchmark, seed, tmp_path, 8, progress)
    assert seen[-1] == 3_000 <= report["steps"]
    assert report["queries"] > report["distinct_queries"] > 0
    assert 0.5 < report["best_validation"] <= (benchmark.validation_optimum or 1)
    topology = {"num_env_runners": 2, "num_replay_shards": 1, "num_gpus_per_learner": 0.0}
    assert report["topology"] == {**topology, "cpus_per_process": 1.0}
    assert load_agent(tmp_path, benchmark.space, 50).policy.temperature == 0.1
    others = replace(config, num_env_runners=1)
    assert train_agent(others, benchmark, seed, tmp_path, 8, progress) == report, "the same agent"


def test_runners_of_one_seed_walk_different_ways(cluster: Path) -> None:
    config = settings()
    first, second, again = (
        ApexEnvRunner(config=config, worker_index=index, num_workers=2) for index in (1, 2, 1)
    )
    shown = [r.collector.environment.observation.states[:, 0].tolist() for r in (first, second)]
    assert shown[0] != shown[1]
    assert shown[0] != again.collector.environment.observation.states[:, 0].tolist()
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
    with pytest.raises(Exception, match=r"an option of the agent: .*; got 'nonsense'"):
        settings(nonsense=1).agent_config()
    assert settings().agent_config() == AgentConfig.of(AGENT)
