"""The errors that the comparison on unseen data sets states."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.transfer import crossed_error, over_tasks, put_between, ranks


@pytest.mark.parametrize(("agents", "starts"), [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0)])
def test_errors_are_those_of_means_over_other_agents_and_starts(
    agents: float, starts: float
) -> None:
    rng = np.random.default_rng(0)
    tables = rng.standard_normal((4_000, 5, 8))
    tables += agents * rng.standard_normal((4_000, 5, 1)) + starts * rng.standard_normal(
        (4_000, 1, 8)
    )
    means = tables.mean(axis=(1, 2))
    stated = np.mean([crossed_error(one) ** 2 for one in tables])
    # What comes out below zero is zero, which makes errors a little too large.
    assert 0.95 < stated / means.var() < 1.2


def test_one_agent_or_start_tells_nothing_of_others() -> None:
    assert np.isnan(crossed_error(np.ones((1, 4))))
    assert np.isnan(crossed_error(np.ones((4, 1))))
    assert crossed_error(np.ones((4, 4))) == 0


def test_data_sets_count_alike() -> None:
    rng = np.random.default_rng(1)
    table = rng.random((3, 4))
    facts = pd.DataFrame(
        {
            "task": f"task{task}",
            "optimizer": f"optimizer{one}",
            "scale": "share",
            "queries": 10,
            "mean": table[task, one],
            "error": 0.1 * (1 + task),
        }
        for task in range(3)
        for one in range(4)
    )
    found = over_tasks(facts)
    np.testing.assert_allclose(found["mean"], table.mean(axis=0))
    np.testing.assert_allclose(found["error"], np.sqrt(0.01 + 0.04 + 0.09) / 3)
    expected = stats.rankdata(table, axis=1)
    ranked = ranks(facts)
    np.testing.assert_allclose(ranked["mean"], expected.mean(axis=0))
    np.testing.assert_allclose(ranked["error"], stats.sem(expected, axis=0))


def test_a_table_takes_the_place_of_the_last_one() -> None:
    text = "before <!-- one begins --> old <!-- one ends --> after"
    found = put_between(text, "one", "new")
    assert " ".join(found.split()) == text.replace("old", "new")
    assert put_between(found, "one", "new") == found
