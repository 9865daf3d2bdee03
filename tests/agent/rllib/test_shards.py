"""Replay shards, alone and as a group of processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

ray = pytest.importorskip("ray", reason="needs the extra rllib")

from ray_fixture import gone, process_of, wait_for

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.replay import PRIORITY_FLOOR
from naslib_incremental.agent.rllib.shards import (
    Fragment,
    ReplayShard,
    ShardGroup,
    fetched,
)

CONFIG = AgentConfig.of({"batch_size": 8, "learning_starts": 8, "replay_capacity": 64})


def fragment(first: int, count: int) -> Fragment:
    """Rows whose every column tells them apart."""
    numbers = np.arange(first, first + count)
    shown = np.stack([numbers, numbers + 1], axis=1).astype(np.int32)
    few, floats = np.ones(count, np.int16), numbers.astype(np.float32)
    return {
        "states": shown,
        "allowed": few,
        "actions": few,
        "returns": floats,
        "discounts": floats,
        "next_states": shown,
        "next_allowed": few,
        "priorities": numbers / 100,
    }


def rows_of(group: ShardGroup) -> dict[int, float]:
    """Priority by number of all rows kept."""
    kept: dict[int, float] = {}
    for state in group.state_dict().values():
        numbers = state["returns"].int().tolist() if state else []
        for number, priority in zip(numbers, state.get("priorities", []), strict=True):
            assert number not in kept
            kept[number] = float(priority)
    return kept


def test_a_ring_that_went_round_gives_its_rows_oldest_first() -> None:
    shard = ReplayShard(CONFIG, 4, 0)
    shard.add(fragment(0, 10))
    shard.add(fragment(10, 11))
    state = shard.contents()
    np.testing.assert_array_equal(state["returns"], np.arange(5, 21))
    np.testing.assert_allclose(state["priorities"], np.arange(5, 21) / 100, atol=1e-9)


def test_a_fragment_longer_than_the_ring_keeps_its_end() -> None:
    shard = ReplayShard(CONFIG, 4, 0)
    shard.add(fragment(0, 40))
    assert set(shard.contents()["returns"].tolist()) == set(range(24, 40))


def test_a_certain_prediction_keeps_a_chance_that_weights_can_bear() -> None:
    """With a floor of 1e-12 the weight of a row of no error would dwarf all others."""
    shard = ReplayShard(CONFIG, 1, 0)
    shard.add({**fragment(0, 16), "priorities": np.zeros(16)})
    powers = shard.replay.index.powers[:16]
    np.testing.assert_allclose(powers, (1e-6) ** CONFIG.priority_alpha)
    assert PRIORITY_FLOOR == 1e-6
    _, sampled = shard.sample()
    assert sampled is not None
    np.testing.assert_array_equal(sampled["weights"], np.ones(8, np.float32))


def test_nothing_is_sampled_from_a_nearly_empty_shard() -> None:
    shard = ReplayShard(CONFIG, 2, 0)
    shard.add(fragment(0, 1))
    assert shard.sample() == (None, None)
    shard.add(fragment(1, 1))
    slots, sampled = shard.sample()
    assert slots is not None
    assert sampled is not None


def test_priorities_of_an_earlier_life_are_left() -> None:
    shard = ReplayShard(CONFIG, 1, 0)
    shard.add(fragment(0, 4))
    before = shard.replay.index.powers.sum()
    shard.update(np.array([60, 61]), np.array([9.0, 9.0]))
    assert shard.replay.index.powers.sum() == before
    shard.update(None, np.zeros(0))
    shard.update(np.array([0, 60]), np.array([9.0, 9.0]))
    assert shard.replay.index.powers.sum() > before


@pytest.fixture
def group(cluster: Path) -> ShardGroup:
    return ShardGroup(CONFIG, 2, [1, 2])


def test_rows_are_dealt_round_and_moved_to_another_number_of_shards(
    group: ShardGroup,
) -> None:
    for first in range(0, 40, 10):
        group.add(ray.put(fragment(first, 10)))
    states = group.state_dict()
    assert [len(state["returns"]) for state in states.values()] == [20, 20]
    assert rows_of(group) == pytest.approx({n: n / 100 for n in range(40)}, abs=1e-9)
    other = ShardGroup(CONFIG, 3, [3, 4, 5])
    other.load_state_dict(states)
    assert sorted(len(state["returns"]) for state in other.state_dict().values()) == [12, 14, 14]
    assert rows_of(other) == pytest.approx(rows_of(group), abs=1e-9)
    # Whatever came through Ray is read-only; the shards must go on writing.
    for first in range(40, 160, 10):
        other.add(ray.put(fragment(first, 10)))
    assert len(rows_of(other)) == 3 * (64 // 3)
    assert other.lost == 0
    other.stop()
    group.stop()


def test_what_is_sampled_may_be_written_and_its_errors_find_their_rows(group: ShardGroup) -> None:
    group.add(ray.put(fragment(0, 20)))
    group.add(ray.put(fragment(20, 20)))
    shard, slots, reference = group.sample()
    arrays = ray.get(reference)
    assert not arrays["weights"].flags.writeable, "the trap is there"
    found = fetched(reference)
    assert found is not None
    transitions, weights = found
    weights.add_(1)
    for column in transitions.columns().values():
        column.add_(1)
    assert (transitions.returns.numpy() == arrays["returns"] + 1).all()
    group.update(shard, slots, np.full(8, 7.0))
    changed = [number for number, value in rows_of(group).items() if value > 6]
    assert set(changed) == set(arrays["returns"].astype(int).tolist())
    group.stop()


def test_a_failed_call_that_nobody_waits_for_is_raised(group: ShardGroup) -> None:
    group.add(ray.put("no fragment"))
    with pytest.raises(Exception, match="has no attribute 'items'"):
        wait_for(lambda: group.poll() and False, seconds=60)
    group.stop()


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see processes")
def test_a_killed_shard_comes_back_empty_and_the_group_goes_on(group: ShardGroup) -> None:
    for first in range(0, 40, 10):
        group.add(ray.put(fragment(first, 10)))
    assert len(rows_of(group)) == 40
    victim = group.actors[0]
    process = process_of(victim)
    os.kill(process, signal.SIGKILL)
    wait_for(lambda: gone(process))

    def feed_until_both_have_rows() -> bool:
        group.add(ray.put(fragment(100, 1)))
        group.add(ray.put(fragment(100, 1)))
        return all(group.state_dict().values())

    wait_for(feed_until_both_have_rows)
    assert process_of(victim) != process
    assert len(group.state_dict()["1"]["returns"]) >= 20
    group.stop()
