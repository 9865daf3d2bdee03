"""n-step returns against a step-by-step sum over each lane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.agent.n_step import n_step_returns

EVENTS = st.sampled_from(["go", "terminated", "truncated"])


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.tuples(st.floats(-5, 5), EVENTS), min_size=n, max_size=n),
            min_size=1,
            max_size=6,
        )
    ),
    st.floats(0, 1),
)
def test_equals_the_sum_until_the_episode_ends(
    lanes: list[list[tuple[float, str]]], gamma: float
) -> None:
    rewards = np.array([[reward for reward, _ in lane] for lane in lanes]).T
    events = np.array([[event for _, event in lane] for lane in lanes]).T
    found = n_step_returns(rewards, events == "terminated", events == "truncated", gamma)
    for index, lane in enumerate(lanes):
        total, discount, last = 0.0, 1.0, 0
        for position, (reward, event) in enumerate(lane):
            total += discount * reward
            discount *= gamma
            last = position
            if event != "go":
                discount = 0.0 if event == "terminated" else discount
                break
        assert found.returns[index] == pytest.approx(total, abs=1e-12)
        assert found.discounts[index] == pytest.approx(discount, abs=1e-12)
        assert found.last[index] == last
