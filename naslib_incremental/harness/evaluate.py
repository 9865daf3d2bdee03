"""The evaluation loop: ask, query, tell, until every episode has ended."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks import Answers, Benchmark, QueryCounter
from naslib_incremental.harness.incumbents import IncumbentRecorder, Incumbents
from naslib_incremental.optimizers import Optimizer, Outcome
from naslib_incremental.search_spaces_ext.contract import Architectures


@dataclass(frozen=True)
class StartSet:
    """Where the episodes of a cell begin.

    Attributes:
        architectures: [E, *architecture_shape].
        answers: [E] what they are worth; costs no query (as in the paper).
        readable: [E] as text.
    """

    architectures: Architectures
    answers: Answers
    readable: NDArray[np.object_]


@dataclass(frozen=True)
class Evaluation:
    """How E episodes went.

    Attributes:
        starts: where they began.
        outcome: how they ended.
        final_answers: [E] what the final architectures are worth.
        final_readable: [E] the final architectures as text.
        queries: [E] queries used.
        incumbents: queries that set a new best within their episode.
        seconds: wall time of all E episodes together.
    """

    starts: StartSet
    outcome: Outcome
    final_answers: Answers
    final_readable: NDArray[np.object_]
    queries: NDArray[np.int64]
    incumbents: Incumbents
    seconds: float


def draw_start_set(benchmark: Benchmark, episodes: int, seed: np.random.SeedSequence) -> StartSet:
    """Draw [E] starts from the space's default sampler."""
    drawn = benchmark.space.sample(episodes, np.random.default_rng(seed))
    return StartSet(drawn, benchmark.query(drawn), readable_of(benchmark, drawn))


def evaluate(
    optimizer: Optimizer, benchmark: Benchmark, starts: StartSet, rng: np.random.Generator
) -> Evaluation:
    """Run one episode from each start.

    Raises:
        ValueError: the optimizer breaks its contract.
    """
    began = time.perf_counter()
    counter = QueryCounter(benchmark)
    recorder = IncumbentRecorder(len(starts.architectures))
    optimizer.start(starts.architectures.copy(), starts.answers.validation.copy(), rng)
    while (asked := optimizer.ask()) is not None:
        answers = counter.query(asked.architectures)
        recorder.record(asked.episodes, answers)
        optimizer.tell(answers.validation)
    outcome = optimizer.outcome()
    seconds = time.perf_counter() - began
    if len(outcome.final) != len(starts.architectures):
        raise ValueError(f"{len(outcome.final)} finals for {len(starts.architectures)} episodes")
    return Evaluation(
        starts,
        outcome,
        benchmark.query(outcome.final),
        readable_of(benchmark, outcome.final),
        recorder.queries,
        recorder.incumbents(),
        seconds,
    )


def readable_of(benchmark: Benchmark, architectures: Architectures) -> NDArray[np.object_]:
    """[E] architectures as text; each different one is written once."""
    distinct, places = np.unique(architectures, axis=0, return_inverse=True)
    texts = np.array(benchmark.space.to_readable(distinct), dtype=object)
    return np.asarray(texts[places.reshape(-1)])
