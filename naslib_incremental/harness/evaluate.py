"""The evaluation loop: ask, query, tell, until every episode has ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks import Accuracies, Answers, Benchmark
from naslib_incremental.mdp.search_memory import SearchMemory
from naslib_incremental.optimizers import Optimizer
from naslib_incremental.records import Episodes, Incumbents
from naslib_incremental.search_spaces_ext.contract import Architectures

TOLD_EVERY_SECONDS = 2.0


@dataclass(frozen=True)
class StartSet:
    """Where the episodes of an evaluation begin.

    Attributes:
        architectures: [E, *architecture_shape].
        answers: [E] what they are worth; costs no query (as in the paper).
        readable: [E] as text.
    """

    architectures: Architectures
    answers: Answers
    readable: NDArray[np.object_]

    def first(self, count: int) -> StartSet:
        """The first of them."""
        rows = np.arange(count)
        return StartSet(self.architectures[rows], self.answers.take(rows), self.readable[rows])


def sample_start_set(benchmark: Benchmark, episodes: int, seed: np.random.SeedSequence) -> StartSet:
    """Sample [E] starts with the space's default sampler."""
    sampled = benchmark.space.sample(episodes, np.random.default_rng(seed))
    return StartSet(sampled, benchmark.query(sampled), readable_of(benchmark, sampled))


def evaluate(
    optimizer: Optimizer,
    benchmark: Benchmark,
    starts: StartSet,
    rng: np.random.Generator,
    tell: Callable[[int], None] | None = None,
) -> Episodes:
    """Run one episode from each start.

    A search is not told what its start is worth, and pays for each architecture once.

    Args:
        optimizer: to be evaluated.
        benchmark: answers.
        starts: E of them.
        rng: the only source of randomness.
        tell: called every few seconds with the number of queries so far.

    Raises:
        ValueError: the optimizer breaks its contract.
    """
    began = last = time.perf_counter()
    count = len(starts.architectures)
    recorder = IncumbentRecorder(count)
    memory = SearchMemory(benchmark.space, count) if optimizer.is_search else None
    told = np.full(count, np.nan) if memory else starts.answers.validation.copy()
    optimizer.start(starts.architectures.copy(), told, rng)
    while (asked := optimizer.ask()) is not None:
        answers = benchmark.query(asked.architectures)
        if memory is None:
            recorder.record(asked.episodes, answers)
        else:
            new = memory.remember(asked.episodes, asked.architectures)
            recorder.record(asked.episodes[new], answers.take(new))
        optimizer.tell(answers.validation)
        if tell is not None and time.perf_counter() - last >= TOLD_EVERY_SECONDS:
            last = time.perf_counter()
            tell(int(recorder.queries.sum()))
    outcome = optimizer.outcome()
    seconds = time.perf_counter() - began
    if len(outcome.final) != len(starts.architectures):
        raise ValueError(f"{len(outcome.final)} finals for {len(starts.architectures)} episodes")
    finals = benchmark.query(outcome.final)
    return Episodes(
        start=starts.readable,
        final=readable_of(benchmark, outcome.final),
        start_validation=starts.answers.validation,
        start_test=starts.answers.test,
        final_validation=finals.validation,
        final_test=finals.test,
        num_steps=outcome.num_steps,
        queries=recorder.queries,
        stopped=outcome.stopped,
        incumbents=recorder.incumbents(),
        seconds=seconds,
    )


def readable_of(benchmark: Benchmark, architectures: Architectures) -> NDArray[np.object_]:
    """[E] architectures as text; each different one is written once."""
    distinct, places = np.unique(architectures, axis=0, return_inverse=True)
    texts = np.array(benchmark.space.to_readable(distinct), dtype=object)
    return np.asarray(texts[places.reshape(-1)])


class IncumbentRecorder:
    """Sees all queries of E episodes in their order and keeps those that set a new best.

    Args:
        episodes: E.
    """

    def __init__(self, episodes: int) -> None:
        self.queries = np.zeros(episodes, np.int64)
        self._best_validation = np.full(episodes, -np.inf)
        self._best_test = np.full(episodes, -np.inf)
        self._kept: list[tuple[NDArray[np.int64], NDArray[np.int64], Accuracies, Accuracies]] = []

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
            offsets = np.zeros(len(self.queries) + 1, np.int64)
            return Incumbents(offsets, nothing.astype(np.int64), nothing, nothing)
        episodes, numbers, validation, test = map(np.concatenate, zip(*self._kept, strict=True))
        order = np.argsort(episodes, kind="stable")
        counts = np.bincount(episodes, minlength=len(self.queries))
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return Incumbents(offsets, numbers[order], validation[order], test[order])


@numba.njit(cache=True)
def _note(
    episodes: NDArray[np.int64],
    validation: Accuracies,
    test: Accuracies,
    queries: NDArray[np.int64],
    best_validation: Accuracies,
    best_test: Accuracies,
) -> NDArray[np.int64]:
    """[K] number of the query within its episode where it is an incumbent, else 0."""
    numbers = np.zeros(len(episodes), np.int64)
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
