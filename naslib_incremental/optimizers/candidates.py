"""What searches choose from: a whole space where it is small, else a pool that goes with them."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.descriptors import LARGEST_TABLE
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace
from naslib_incremental.search_spaces_ext.identities import identities

AROUND_BEST, AROUND_GOOD, FRESH = 24, 12, 28
"""Newcomers of a round: neighbours of the best, of another good one, and samples."""

GOOD = 5
"""The other good one is one of so many that come after the best."""

DRAWS = 16
"""How often a sampler is asked anew for what it has not given yet."""

CLIMBERS, CLIMBS = 4, 20
"""Where a space cannot be scored whole: samples for each of the best wanted, and moves of them."""


class Candidates:
    """[E, P] candidates of E searches, none of which is open twice.

    Where P architectures are the whole space, they are all there is and stay. Elsewhere newcomers
    take the places of the least promising after every query.

    Args:
        space: of the architectures.
        first: [E, P, *architecture_shape] candidates to begin with; repeats are closed.
        most: most queries of a search.
        rng: the only source of randomness.

    Attributes:
        architectures: [E, P, *architecture_shape].
        open: [E, P] True where a candidate can be queried.
    """

    def __init__(
        self, space: SearchSpace, first: Architectures, most: int, rng: np.random.Generator
    ) -> None:
        count, size = first.shape[:2]
        self.architectures = first.copy()
        self.open = np.zeros((count, size), np.bool_)
        self._space, self._rng = space, rng
        self._whole = is_whole(space, size)
        self._keys = identities(space, first)
        for row, keys in enumerate(self._keys):
            self.open[row, np.unique(keys, return_index=True)[1]] = True
        shape = space.architecture_shape
        self._queried = np.zeros((count, most, *shape), first.dtype)
        self._queried_keys = np.zeros((count, most), np.uint64)
        self._accuracies = np.full((count, most), -np.inf)
        self._count = 0

    @property
    def accuracies(self) -> Accuracies:
        """[E, t] answers so far."""
        return self._accuracies[:, : self._count]

    def note(self, places: NDArray[np.int64], accuracies: Accuracies) -> None:
        """Take note of the answers to the candidates at [E] places."""
        rows, now = np.arange(len(places)), self._count
        self.open[rows, places] = False
        self._queried[:, now] = self.architectures[rows, places]
        self._queried_keys[:, now] = self._keys[rows, places]
        self._accuracies[:, now] = accuracies
        self._count += 1

    def renew(self, promise: NDArray[np.floating]) -> NDArray[np.int64]:
        """Let newcomers take the places of the least promising.

        Args:
            promise: [E, P] higher for better candidates.

        Returns:
            [E, k] places that have changed hands; nobody new may have come to some of them.
        """
        if self._whole:
            return np.zeros((len(self.open), 0), np.int64)
        newcomers = self._newcomers()
        keys = identities(self._space, newcomers)
        worth = np.where(self.open, promise, -np.inf)
        count = min(newcomers.shape[1], worth.shape[1])
        places = np.argpartition(worth, count - 1, axis=1)[:, :count]
        admitted = _strangers(keys, self._keys, self._queried_keys[:, : self._count])[:, :count]
        rows, slots = np.nonzero(admitted)
        changed = places[rows, slots]
        self.architectures[rows, changed] = newcomers[rows, slots]
        self._keys[rows, changed] = keys[rows, slots]
        self.open[rows, changed] = True
        return places

    def _newcomers(self) -> Architectures:
        """[E, N, *architecture_shape]; what is not presented repeats the one looked around."""
        count = len(self.open)
        order = np.argsort(-self.accuracies, axis=1, kind="stable")
        other = self._rng.integers(1, GOOD + 1, size=count).clip(max=order.shape[1] - 1)
        parts = []
        for place, limit in ((np.zeros_like(other), AROUND_BEST), (other, AROUND_GOOD)):
            rows = np.arange(count)
            parents = self._queried[rows, order[rows, place]]
            shown = self._space.neighbours(parents, limit, self._rng)
            missing = ~shown.mask
            around = shown.architectures.copy()
            around[missing] = parents[np.nonzero(missing)[0]]
            parts.append(around)
        fresh = self._space.sample(count * FRESH, self._rng)
        parts.append(fresh.reshape(count, FRESH, *fresh.shape[1:]))
        return np.concatenate(parts, axis=1)


def pool_size(space: SearchSpace, most: int) -> int:
    """P, the number of candidates: all architectures of a space that has no more than ``most``."""
    return min(len(space), most) if isinstance(space, EnumerableSpace) else most


def is_whole(space: SearchSpace, size: int) -> bool:
    """Whether so many candidates are the whole space."""
    return isinstance(space, EnumerableSpace) and len(space) == size


def start_pool(
    space: SearchSpace, starts: Architectures, size: int, rng: np.random.Generator
) -> Architectures:
    """[E, size, *architecture_shape] each start and samples, or all the others of a small space."""
    count = len(starts)
    if is_whole(space, size):
        pool = np.tile(np.arange(size, dtype=space.dtype), (count, 1))
        pool[np.arange(count), starts] = 0
        pool[:, 0] = starts
        return pool
    pool = space.sample(count * size, rng).reshape(count, size, *space.architecture_shape)
    pool[:, 0] = starts
    return pool


def distinct_samples(space: SearchSpace, count: int, rng: np.random.Generator) -> Architectures:
    """[count] different samples of the default sampler, fewer where it finds no more."""
    found = _distinct(space, space.sample(count, rng))
    for _ in range(DRAWS):
        if len(found) >= count:
            break
        found = _distinct(space, np.concatenate([found, space.sample(count, rng)]))
    return found[:count]


def _distinct(space: SearchSpace, architectures: Architectures) -> Architectures:
    """Each architecture once, where it stands first."""
    first = np.unique(identities(space, architectures), return_index=True)[1]
    return np.asarray(architectures[np.sort(first)])


def best_by(
    score: Callable[[Architectures], NDArray[np.floating]],
    space: SearchSpace,
    count: int,
    rng: np.random.Generator,
) -> Architectures:
    """At most [count] different architectures of highest score, best first.

    They are exact in a space that is small enough to be scored whole; in others they are found
    from samples by moving to better neighbours, many at a time.
    """
    if isinstance(space, EnumerableSpace) and len(space) <= LARGEST_TABLE:
        everything = np.arange(len(space), dtype=space.dtype)
        return everything[np.argsort(-score(everything), kind="stable")[:count]]
    found = _best(space, score, space.sample(CLIMBERS * count, rng), count)
    for _ in range(CLIMBS):
        shown = space.neighbours(found, AROUND_GOOD, rng)
        merged = np.concatenate([found, shown.architectures[shown.mask]])
        found = _best(space, score, merged, count)
    return found


def _best(
    space: SearchSpace,
    score: Callable[[Architectures], NDArray[np.floating]],
    architectures: Architectures,
    count: int,
) -> Architectures:
    distinct = _distinct(space, architectures)
    return np.asarray(distinct[np.argsort(-score(distinct), kind="stable")[:count]])


@numba.njit(cache=True)
def _strangers(
    keys: NDArray[np.uint64], pool: NDArray[np.uint64], queried: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """[E, N] whether a key is neither in the pool, nor queried, nor earlier in its row."""
    strangers = np.ones(keys.shape, np.bool_)
    for row in range(len(keys)):
        known = set(pool[row])
        known.update(queried[row])
        for place in range(keys.shape[1]):
            strangers[row, place] = keys[row, place] not in known
            known.add(keys[row, place])
    return strangers
