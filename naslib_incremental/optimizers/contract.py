"""The contract of an optimizer: ask and tell over many episodes; the harness owns the loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace


@dataclass(frozen=True)
class EpisodeSettings:
    """What every optimizer of an evaluation shares.

    Attributes:
        neighbours: N, most neighbours presented at each step (paper: 50).
        max_steps: steps after which an episode is cut off (paper: 32 in evaluation).
        query_budget: the largest query budget reported; an optimizer without an end of its own
            stops there.
    """

    neighbours: int = 50
    max_steps: int = 32
    query_budget: int = 300


@dataclass(frozen=True)
class Ask:
    """Architectures whose validation accuracy the optimizer wants; each is one query.

    Attributes:
        episodes: [K] the episode (0..E-1) that each query belongs to, in the order of the queries.
        architectures: [K, *architecture_shape].
    """

    episodes: NDArray[np.int64]
    architectures: Architectures


@dataclass(frozen=True)
class Outcome:
    """How E episodes ended.

    Attributes:
        final: [E, *architecture_shape] the architecture that each episode returns.
        steps: [E] moves made, 0 for a search that is no walk.
        stopped: [E] True where the optimizer stopped by itself, False where it was cut off.
    """

    final: Architectures
    steps: NDArray[np.int64]
    stopped: NDArray[np.bool_]


@dataclass(frozen=True)
class Training:
    """What training one agent cost.

    Attributes:
        steps: environment steps taken.
        queries: queries of the benchmark, repeats included.
        distinct_queries: different architectures queried.
        seconds: wall time, resumed parts included.
        details: anything else worth a line in the manifest, JSON values only.
    """

    steps: int
    queries: int
    distinct_queries: int
    seconds: float
    details: Mapping[str, Any]


class Optimizer(ABC):
    """Runs E episodes side by side.

    The caller's loop is ``start``; then ``ask`` and ``tell`` in turn until ``ask`` returns None;
    then ``outcome``. An optimizer sees validation accuracies only.

    Args:
        space: the architectures searched.
        settings: shared by all optimizers of an evaluation.
        options: values of the fields of ``config_class``; the others keep their defaults.

    Attributes:
        name: registry name.
        config_class: frozen dataclass of the optimizer's own options, None if it has none; each
            field's metadata key ``"help"`` is its help line.
    """

    name: ClassVar[str]
    config_class: ClassVar[type[Any] | None] = None

    def __init__(
        self,
        space: SearchSpace,
        settings: EpisodeSettings,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.space = space
        self.settings = settings
        self.config = self.config_class(**(options or {})) if self.config_class else None

    @abstractmethod
    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E episodes, one from each start.

        Args:
            starts: [E, *architecture_shape].
            validation: [E] the starts' validation accuracy, which costs no query (as in the paper).
            rng: the only source of randomness.
        """

    @abstractmethod
    def ask(self) -> Ask | None:
        """The next queries, or None when every episode has ended."""

    @abstractmethod
    def tell(self, validation: Accuracies) -> None:
        """[K] validation accuracies of the last ``ask``, in its order."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """How the episodes ended; called once, after ``ask`` returned None."""


class TrainableOptimizer(Optimizer):
    """An optimizer that learns to search before it is evaluated."""

    @abstractmethod
    def train(
        self,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Training:
        """Train one agent and leave it in ``folder``; goes on from what it finds there.

        Args:
            benchmark: answers the training queries, on ``self.space``.
            seed: source of all randomness.
            folder: this agent's own folder: checkpoints, ``progress.jsonl``, TensorBoard events.
            progress: called now and then with steps done, steps in all and the latest figures.
        """

    def train_over(
        self,
        topology: Topology,
        benchmark: Benchmark,
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> Training:
        """As ``train``, spread over a Ray cluster; in this process where that is not implemented.

        Args:
            topology: how many processes do what.
            benchmark: as for ``train``.
            seed: as for ``train``.
            folder: as for ``train``; all nodes see it.
            progress: as for ``train``.
        """
        return self.train(benchmark, seed, folder, progress)

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Take over the agent that ``train`` left in ``folder``."""
