"""The incumbents of each episode: queries that set a new best."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Answers


@dataclass(frozen=True)
class Incumbents:
    """Queries that set a strict new best, in validation or in test, within their episode.

    From them the running best validation, its test and the running best test are exact.

    Attributes:
        offsets: [E+1] incumbents of episode e are ``offsets[e]:offsets[e + 1]``.
        query: [I] number of the query within its episode, from 1, ascending in each episode.
        validation: [I].
        test: [I].
    """

    offsets: NDArray[np.int32]
    query: NDArray[np.int32]
    validation: Accuracies
    test: Accuracies


class IncumbentRecorder:
    """Sees all queries of E episodes in their order and keeps the incumbents.

    Args:
        episodes: E.
    """

    def __init__(self, episodes: int) -> None:
        self.queries = np.zeros(episodes, np.int64)
        self._best_validation = np.full(episodes, -np.inf)
        self._best_test = np.full(episodes, -np.inf)
        self._kept: list[tuple[NDArray[np.int64], NDArray[np.int32], Accuracies, Accuracies]] = []

    def record(self, episodes: NDArray[np.int64], answers: Answers) -> None:
        """Take note of K queries.

        Args:
            episodes: [K] episode of each query.
            answers: [K] their answers.

        Raises:
            ValueError: an episode does not exist, or the lengths differ.
        """
        if len(episodes) != len(answers.validation):
            raise ValueError(f"{len(episodes)} episodes for {len(answers.validation)} queries")
        if len(episodes) and not 0 <= episodes.min() <= episodes.max() < len(self.queries):
            raise ValueError(
                f"episodes must lie in 0..{len(self.queries) - 1}; "
                f"got {episodes.min()}..{episodes.max()}"
            )
        numbers = _note(
            episodes,
            answers.validation,
            answers.test,
            self.queries,
            self._best_validation,
            self._best_test,
        )
        kept = np.flatnonzero(numbers)
        self._kept.append(
            (episodes[kept], numbers[kept], answers.validation[kept], answers.test[kept])
        )

    def incumbents(self) -> Incumbents:
        """All incumbents so far, episode by episode."""
        if not self._kept:
            nothing = np.zeros(0)
            offsets = np.zeros(len(self.queries) + 1, np.int32)
            return Incumbents(offsets, nothing.astype(np.int32), nothing, nothing)
        episodes, numbers, validation, test = map(np.concatenate, zip(*self._kept, strict=True))
        order = np.argsort(episodes, kind="stable")
        counts = np.bincount(episodes, minlength=len(self.queries))
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Incumbents(offsets, numbers[order], validation[order], test[order])


@numba.njit(cache=True)
def _note(
    episodes: NDArray[np.int64],
    validation: Accuracies,
    test: Accuracies,
    queries: NDArray[np.int64],
    best_validation: Accuracies,
    best_test: Accuracies,
) -> NDArray[np.int32]:
    """[K] number of the query within its episode where it is an incumbent, else 0."""
    numbers = np.zeros(len(episodes), np.int32)
    for place in range(len(episodes)):
        episode = episodes[place]
        queries[episode] += 1
        # NaN, for a benchmark without test column, is never better.
        better = queries[episode] == 1
        if validation[place] > best_validation[episode]:
            best_validation[episode] = validation[place]
            better = True
        if test[place] > best_test[episode]:
            best_test[episode] = test[place]
            better = True
        if better:
            numbers[place] = queries[episode]
    return numbers
