"""Intervals that hold for agents trained with other seeds: agents and start sets resampled.

Every agent meets every start set, so the two are crossed factors. The pigeonhole bootstrap draws
agents and start sets with replacement, independently of each other, and takes a pair as often as
its agent times its start set was drawn. Means need only the sums and counts of the pairs.

Sources:
    Owen (2007), The pigeonhole bootstrap. Hesterberg (2015), What teachers should know about the
    bootstrap, section 5.3, expanded percentiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from scipy.stats import t

from naslib_incremental.reports.statistics.estimates import CONFIDENCE

RESAMPLES = 20_000
BATCH = 256
SEED = 2007
FEWEST = 5
"""Agents from which a claim about the method can be made. Resampled means of A agents stay between
the lowest and the highest, which have the truth between them in at most 1 - 2^(1-A) of all cases:
.94 for five, .875 for four."""
LABEL = f"{100 * CONFIDENCE:.0f} % training-seed interval"
MEANING = f"{LABEL}: agents and start sets resampled (expanded pigeonhole bootstrap)"


@dataclass(frozen=True)
class CrossedSums:
    """Sums over the searches of each pair of an agent and a start set, of any quantities.

    Attributes:
        agents: [A] seeds.
        sets: [S] numbers of start sets.
        sums: [A, S, ...] sums over the searches of a pair; zero where there is none.
        counts: [A, S] number of searches.
    """

    agents: tuple[int, ...]
    sets: tuple[int, ...]
    sums: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def means(self) -> NDArray[np.float64]:
        """[A, S, ...] mean of each pair; NaN where it has no search."""
        counts = _as_columns(self.counts, self.sums.ndim)
        empty = np.full_like(self.sums, np.nan)
        found: NDArray[np.float64] = np.divide(self.sums, counts, out=empty, where=counts > 0)
        return found

    @property
    def mean(self) -> NDArray[np.float64]:
        """[...] mean over all searches; NaN where there is none."""
        total = self.counts.sum()
        found: NDArray[np.float64] = self.sums.sum((0, 1)) / (total if total else np.nan)
        return found


@dataclass(frozen=True)
class Interval:
    """A training-seed interval, or why there is none.

    Attributes:
        low: lower end; NaN where there is none.
        high: upper end.
        agents: A, the agents it is made from.
        reason: why there is none; empty where there is one.
    """

    low: float
    high: float
    agents: int
    reason: str = ""


def gather(
    agent_seed: NDArray[np.int64],
    start_set: NDArray[np.int64],
    sums: NDArray[np.float64],
    counts: NDArray[np.int64] | None = None,
) -> CrossedSums:
    """Put [C, ...] sums over [C] searches, one each where not given, into their pairs.

    Args:
        agent_seed: [C] the agent of each.
        start_set: [C] its start set.
        sums: [C, ...] sums over its searches.
        counts: [C] number of its searches.
    """
    agents, row = np.unique(agent_seed, return_inverse=True)
    sets, column = np.unique(start_set, return_inverse=True)
    shape = (len(agents), len(sets))
    total, searches = np.zeros((*shape, *sums.shape[1:])), np.zeros(shape, np.int64)
    np.add.at(total, (row, column), sums)
    np.add.at(searches, (row, column), 1 if counts is None else counts)
    return CrossedSums(tuple(agents.tolist()), tuple(sets.tolist()), total, searches)


def resampled_means(
    crossed: CrossedSums, labels: Sequence[CrossedSums] = ()
) -> NDArray[np.float64]:
    """[20000, ...] the mean of each resample; NaN where none of its pairs has a search.

    Args:
        crossed: what to resample.
        labels: draw from all agents and start sets of these, so that the resamples of each of
            them are those of the others: what is paired stays paired.
    """
    flat = weights(crossed, labels)
    totals = flat @ crossed.counts.ravel()
    # Resamples lie along the last axis in memory, as percentiles are taken over them.
    sums = crossed.sums.reshape(flat.shape[1], -1).T @ flat.T
    means = sums / np.where(totals > 0, totals, np.nan)
    return np.moveaxis(means.reshape(*crossed.sums.shape[2:], len(flat)), -1, 0)


def weights(crossed: CrossedSums, labels: Sequence[CrossedSums] = ()) -> NDArray[np.float64]:
    """[20000, A * S] how often each pair is taken; ``labels`` as in ``resampled_means``."""
    every = labels or (crossed,)
    agents = sorted({label for one in every for label in one.agents})
    sets = sorted({label for one in every for label in one.sets})
    rows = [agents.index(label) for label in crossed.agents]
    columns = [sets.index(label) for label in crossed.sets]
    by_agent, by_set = resample_counts(len(agents), len(sets))
    taken = by_agent[:, rows, None] * by_set[:, None, columns]
    return taken.reshape(len(taken), -1)


@lru_cache(maxsize=8)
def resample_counts(
    agents: int, sets: int, stream: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """[20000, A] and [20000, S] how often each agent and each start set is drawn.

    The same for the same numbers; another ``stream`` is independent of it.
    """
    rng = np.random.default_rng([SEED, agents, sets, stream])
    drawn = (rng.multinomial(n, np.full(n, 1 / n), RESAMPLES) for n in (agents, sets))
    by_agent, by_set = (counts.astype(np.float64) for counts in drawn)
    return by_agent, by_set


def expanded_share(agents: int) -> float:
    """The lower percentile that stands for 2.5 %: a t instead of a normal, ddof = 1 instead of 0.

    Phi(-sqrt(n / (n - 1)) t(.975, n - 1)) for n agents.
    """
    quantile = t.ppf((1 + CONFIDENCE) / 2, agents - 1)
    return float(ndtr(-np.sqrt(agents / (agents - 1)) * quantile))


def ends(resampled: NDArray[np.float64], agents: int) -> NDArray[np.float64]:
    """[2, ...] expanded percentiles of [B, ...] resamples, those without a value left out."""
    share = expanded_share(agents)
    missing = np.isnan(resampled.reshape(len(resampled), -1)[:, 0])
    known = resampled[~missing] if missing.any() else resampled
    if not len(known):
        return np.full((2, *resampled.shape[1:]), np.nan)
    found: NDArray[np.float64] = np.quantile(known, [share, 1 - share], axis=0)
    return found


def band(crossed: CrossedSums) -> NDArray[np.float64]:
    """[2, K] interval of the mean of each of [K] quantities; NaN where there is none."""
    count = crossed.sums.shape[2]
    found = np.full((2, count), np.nan)
    for first in range(0, count, BATCH):
        part = replace(crossed, sums=crossed.sums[:, :, first : first + BATCH])
        if not why_not(part):
            found[:, first : first + BATCH] = ends(resampled_means(part), len(crossed.agents))
    return found


def interval_of_mean(crossed: CrossedSums) -> Interval:
    """The interval of the mean of one quantity over agents and start sets."""
    reason = why_not(crossed)
    if reason:
        return Interval(np.nan, np.nan, len(crossed.agents), reason)
    low, high = ends(resampled_means(crossed), len(crossed.agents))
    return Interval(float(low), float(high), len(crossed.agents))


def why_not(*crossed: CrossedSums) -> str:
    """Why there is no interval; empty where there is one."""
    if not all(one.counts.sum() for one in crossed):
        return "no complete search"
    if any(np.isnan(one.sums).any() for one in crossed):
        return "accuracy missing"
    return "one agent" if min(len(one.agents) for one in crossed) < 2 else ""


def _as_columns(counts: NDArray[Any], dimensions: int) -> NDArray[Any]:
    """[A, S] counts, with as many dimensions as what they divide."""
    return counts.reshape(*counts.shape, *[1] * (dimensions - 2))
