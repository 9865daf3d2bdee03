"""Choosing the evaluated policy on validation accuracy, never on test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np

from naslib_incremental.agent.policy import Policy, QSource, roll_out
from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.benchmarks.contract import Accuracies

TEMPERATURES = (0.0, 0.01, 0.02, 0.05)
STAY_MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2)
EPISODES = 3_000


def choose_policy(
    source: QSource,
    counter: QueryCounter,
    max_steps: int,
    fixed: tuple[float | None, float | None],
    rng: np.random.Generator,
) -> tuple[Policy, list[dict[str, Any]]]:
    """The policy whose best-found validation accuracy is highest, averaged over query budgets.

    A greedy policy ends in a handful of architectures and gains nothing from more queries; a hot
    one ends anywhere. Every trial's finals are queries and are counted. Where every look costs a
    forward pass, the stay margin is chosen at the best temperature only.

    Args:
        source: Q values of the trained network.
        counter: answers and counts.
        max_steps: moves of an episode.
        fixed: temperature and stay margin to take as they are, None to choose.
        rng: source of starts and draws.

    Returns:
        The policy, and every one that was tried with its score; none if both are fixed.
    """
    temperatures = TEMPERATURES if fixed[0] is None else (fixed[0],)
    margins = STAY_MARGINS if fixed[1] is None else (fixed[1],)
    if len(temperatures) == len(margins) == 1:
        return Policy(temperatures[0], margins[0]), []
    starts = counter.benchmark.space.sample(EPISODES, rng)
    scores: dict[Policy, float] = {}

    def best(candidates: Iterable[tuple[float, float]]) -> Policy:
        for policy in (Policy(*pair) for pair in candidates):
            if policy not in scores:
                final = roll_out(source, starts, max_steps, policy, rng).final
                found = counter.query(final).validation
                scores[policy] = mean_best_found(found, counter.benchmark.budgets)
        return max(scores, key=scores.__getitem__)

    if source.tabled:
        chosen = best(product(temperatures, margins))
    else:
        temperature = best(product(temperatures, margins[:1])).temperature
        chosen = best(product([temperature], margins))
    return chosen, [{**asdict(policy), "score": score} for policy, score in scores.items()]


def mean_best_found(validation: Accuracies, budgets: Sequence[int]) -> float:
    """Best of each run of Q consecutive episodes, averaged over runs and then over the budgets."""
    means = []
    for budget in budgets:
        runs = len(validation) // budget
        means.append(validation[: runs * budget].reshape(runs, budget).max(axis=1).mean())
    return float(np.mean(means))
