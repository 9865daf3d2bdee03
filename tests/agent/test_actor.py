"""The assembler: every step becomes one transition, with the tail that its episode allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naslib_incremental.agent.actor import Acted, NStepAssembler
from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.mdp import IncrementalMDP
from tests.doubles.tiny_mdp import TinyBenchmark

ROWS = [[1, 2, 3], [0, 2], [3], [0, 1, 2], []]
LANES, STEPS = 4, 25


def history(seed: int) -> list[Acted]:
    rng = np.random.default_rng(seed)
    mdp = IncrementalMDP(
        QueryCounter(TinyBenchmark(ROWS, [0.1, 0.5, 0.3, 0.8, 0.2])),
        lanes=LANES,
        neighbours=2,
        max_steps=4,
        shaping_alpha=0.0,
        rng=rng,
    )
    acted = []
    for _ in range(STEPS):
        shown = mdp.observation
        actions = (rng.random(LANES) * shown.mask.sum(axis=1)).astype(np.int64)
        chosen, best = rng.random((2, LANES)).astype(np.float32)
        step = mdp.step(actions)
        acted.append(Acted(shown, actions, chosen, best, step.rewards, step))
    return acted


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(0, 1))
def test_transitions_equal_a_walk_along_each_lane(seed: int, n_step: int, gamma: float) -> None:
    acted = history(seed)
    assembler = NStepAssembler(n_step, gamma)
    completed = [assembler.push(step) for step in acted]
    assert completed[:n_step] == [None] * n_step
    for time, pushed in enumerate(completed[n_step:]):
        assert pushed is not None
        transitions, priorities = pushed
        for lane in range(LANES):
            total, discount, end = 0.0, 1.0, time
            for end in range(time, time + n_step):
                total += discount * acted[end].rewards[lane]
                discount *= gamma
                if acted[end].step.ended[lane]:
                    break
            step = acted[end].step
            bootstrap = 0.0 if step.terminated[lane] else discount
            follower = acted[end] if step.truncated[lane] else acted[end + 1]
            error = total + bootstrap * follower.best[lane] - acted[time].chosen[lane]
            assert transitions.returns[lane] == pytest.approx(total, abs=1e-6)
            assert transitions.discounts[lane] == pytest.approx(bootstrap, abs=1e-6)
            assert priorities[lane] == pytest.approx(abs(error), abs=1e-6)
            following = step.following
            assert (transitions.next_architectures[lane] == following.architectures[lane]).all()
            assert (transitions.next_observation.mask[lane] == following.mask[lane]).all()
            shown = acted[time].observation
            assert (transitions.architectures[lane] == shown.architectures[lane]).all()
            assert (transitions.observation.mask[lane] == shown.mask[lane]).all()
            assert transitions.actions[lane] == acted[time].actions[lane]
