"""The choice of a trained agent's policy: temperature and stay margin, by few queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.agent.policy import Policy, QSource, roll_out
from naslib_incremental.benchmarks import QueryCounter
from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.identities import identities

TEMPERATURES = (0.0, 0.01, 0.02, 0.05)
STAY_MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2)
# Queries in all: a share of what training cost, within bounds. Episodes of each policy.
SHARE = 0.1
LEAST_QUERIES, MOST_QUERIES = 200, 6_000
MOST_EPISODES = 3_000
# Walks are many at a time, ahead of what is asked: valuing a state alone costs as much as a block.
CHUNK = 250
# Episodes grow by this share of those there are, so that little of an allowance is left over.
GROWTH = 0.125


def choose_policy(
    source: QSource,
    counter: QueryCounter,
    max_steps: int,
    fixed: tuple[float | None, float | None],
    rng: np.random.Generator,
) -> tuple[Policy, list[dict[str, Any]]]:
    """The policy whose best-found validation accuracy is highest, averaged over query budgets.

    A greedy policy ends in a handful of architectures and gains nothing from more queries; a hot
    one ends anywhere. All are tried from the same starts, in rounds that may cost the same: after
    each, the worse half is given up (successive halving). Walking costs no query; the finals do,
    each different one once, and are counted: at most ``allowance`` of them.

    Args:
        source: Q values of the trained network.
        counter: answers and counts, as training left it.
        max_steps: most steps of an episode.
        fixed: temperature and stay margin to take as they are, None to choose.
        rng: source of starts and actions.

    Returns:
        The policy, and every one that was tried with its episodes and score; none if both are
        fixed.

    Source: Karnin, Koren, Somekh (2013), "Almost optimal exploration in multi-armed bandits".
    """
    temperatures = TEMPERATURES if fixed[0] is None else (fixed[0],)
    margins = STAY_MARGINS if fixed[1] is None else (fixed[1],)
    going = [Policy(*pair) for pair in product(temperatures, margins)]
    if len(going) == 1:
        return going[0], []
    space, budgets = counter.benchmark.space, counter.benchmark.budgets
    walks = _Walks(
        lambda starts, policy: roll_out(source, starts, max_steps, policy, rng).final,
        lambda count: space.sample(count, rng),
    )
    asked, sizes, episodes = _Asked(counter), _halvings(len(going)), 0
    most = allowance(counter.queries)
    found = {policy: np.zeros(0) for policy in going}
    scores = dict.fromkeys(going, -np.inf)
    for number, size in enumerate(sizes, 1):
        going = sorted(going, key=scores.__getitem__, reverse=True)[:size]
        while episodes < MOST_EPISODES:
            more = min(max(1, int(GROWTH * episodes)), MOST_EPISODES - episodes)
            ends = walks.ends(going, episodes, episodes + more)
            answers = asked.query(ends, most * number // len(sizes))
            if answers is None:
                break
            episodes += more
            for policy, validation in zip(going, answers.reshape(size, more), strict=True):
                found[policy] = np.append(found[policy], validation)
        scores |= {policy: mean_best_found(found[policy], budgets) for policy in going}
    tried = [
        {**asdict(policy), "episodes": len(found[policy]), "score": score}
        for policy, score in scores.items()
    ]
    return max(going, key=scores.__getitem__), tried


class _Walks:
    """Finals of policies from the same starts; walking costs no query.

    Args:
        walk: finals of [E] starts by a policy.
        sample: so many starts.
    """

    def __init__(
        self,
        walk: Callable[[Architectures, Policy], Architectures],
        sample: Callable[[int], Architectures],
    ) -> None:
        self._walk = walk
        self._sample = sample
        self._walked = 0
        self._ends: dict[Policy, list[Architectures]] = {}

    def ends(self, policies: Sequence[Policy], first: int, last: int) -> Architectures:
        """[P * E, *architecture_shape] finals of E episodes of each policy, one after the other.

        Args:
            policies: P, all of them asked for in every call before.
            first: number of the first episode.
            last: number after the last.
        """
        while self._walked < last:
            starts = self._sample(CHUNK)
            self._walked += CHUNK
            for policy in policies:
                self._ends.setdefault(policy, []).append(self._walk(starts, policy))
        return np.concatenate(
            [np.concatenate(self._ends[policy])[first:last] for policy in policies]
        )


class _Asked:
    """Answers that are remembered, so that asking again costs nothing.

    Args:
        counter: answers and counts what is new.
    """

    def __init__(self, counter: QueryCounter) -> None:
        self._counter = counter
        self._known: dict[int, float] = {}

    def query(self, architectures: Architectures, most: int) -> Accuracies | None:
        """[K] validation accuracies; None, and no query, if that took more than ``most`` in all."""
        keys: NDArray[np.uint64] = identities(self._counter.benchmark.space, architectures)
        different, places = np.unique(keys, return_index=True)
        new = [
            place
            for key, place in zip(different.tolist(), places.tolist(), strict=True)
            if key not in self._known
        ]
        if len(self._known) + len(new) > most:
            return None
        if new:
            answers = self._counter.query(architectures[new]).validation
            self._known |= dict(zip(keys[new].tolist(), answers.tolist(), strict=True))
        return np.array([self._known[key] for key in keys.tolist()])


def allowance(training_queries: int) -> int:
    """Queries that the choice of a policy may cost, by those that training did."""
    return min(MOST_QUERIES, max(LEAST_QUERIES, int(SHARE * training_queries)))


def _halvings(count: int) -> list[int]:
    """How many policies go on in each round, e.g. 20, 10, 5, 3, 2."""
    sizes = [count]
    while sizes[-1] > 2:
        sizes.append((sizes[-1] + 1) // 2)
    return sizes


def mean_best_found(validation: Accuracies, budgets: Sequence[int]) -> float:
    """Expected best of Q finals drawn from [E], with replacement, averaged over the budgets Q."""
    below = np.arange(len(validation) + 1) / len(validation)
    # The probability that each, in ascending order, is the best of the draws.
    chances = np.mean([np.diff(below**budget) for budget in budgets], axis=0)
    return float(np.sort(validation) @ chances)
