"""The contract of an optimizer: ask and tell over many episodes; the harness owns the loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.foundation.options import refuse_unknown
from naslib_incremental.records.training import TrainingResult
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

Progress = Callable[[int, int, Mapping[str, float]], None]
"""Called now and then with steps done, steps in all and the latest figures."""


@dataclass(frozen=True)
class EpisodeSettings:
    """What every optimizer of an evaluation shares.

    Attributes:
        neighbours: N, most neighbours presented at each step (paper: 50).
        max_steps: steps after which an episode is cut off (paper: 32 in evaluation).
        query_budget: queries after which an optimizer without an end of its own stops: the largest
            budget reported, or more.
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
        num_steps: [E] steps taken, 0 for a search that is no walk.
        stopped: [E] True where the optimizer stopped by itself, False where it was cut off.
    """

    final: Architectures
    num_steps: NDArray[np.int64]
    stopped: NDArray[np.bool_]


@dataclass(frozen=True)
class Resources:
    """What one training asks of a cluster; see ``TrainableOptimizer.resources``.

    Attributes:
        cpus: cores that it keeps busy.
        gpus: GPUs, or a share of one.
    """

    cpus: int = 1
    gpus: float = 0.0


class Optimizer(ABC):
    """Runs E episodes side by side.

    The caller's loop is ``start``; then ``ask`` and ``tell`` in turn until ``ask`` returns None;
    then ``outcome``. An optimizer sees validation accuracies only.

    Args:
        space: the architectures searched.
        settings: shared by all optimizers of an evaluation.
        config: the optimizer's own options, as ``configure`` makes them; None for the defaults.

    Attributes:
        name: registry name.
        is_search: True where an episode is a whole search: it spends ``query_budget`` queries and
            remembers them, and an architecture that it asks for again costs none.
        long_searches: True where a query costs about the same however many came before it, so that
            searches of tens of thousands are no trouble.
        config_class: frozen dataclass of the optimizer's own options, best an ``Options``, which
            says what metadata a field may have; None if there are no options.
        config: an instance of ``config_class``, or None.
    """

    name: ClassVar[str]
    is_search: ClassVar[bool] = False
    long_searches: ClassVar[bool] = False
    config_class: ClassVar[type[Any] | None] = None
    config: Any

    def __init__(self, space: SearchSpace, settings: EpisodeSettings, config: Any = None) -> None:
        self.space = space
        self.settings = settings
        self.config = self.configure({}, space, settings) if config is None else config

    @classmethod
    def configure(
        cls, options: Mapping[str, Any], space: SearchSpace, settings: EpisodeSettings
    ) -> Any:
        """The config with some options changed, the others as they are for this space.

        Args:
            options: by field name of ``config_class``.
            space: as for the optimizer.
            settings: as for the optimizer.

        Raises:
            UserError: an option is unknown or out of range.
        """
        refuse_unknown(options, cls.config_class, cls.name)
        return cls.config_class(**options) if cls.config_class else None

    @abstractmethod
    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        """Begin E episodes, one from each start.

        Args:
            starts: [E, *architecture_shape].
            validation: [E] the starts' validation accuracy, which costs no query (as in the paper);
                NaN for a search, which knows only what it has asked for.
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
    """An optimizer that learns to search before it is evaluated.

    Attributes:
        learns_elsewhere: True where it learns from other benchmarks of the same space, never from
            the one that it is evaluated on.
    """

    learns_elsewhere: ClassVar[bool] = False

    @property
    def reproducible(self) -> bool:
        """Whether the same seed gives the same agent."""
        return True

    def resources(self, cpus: int) -> Resources:
        """What one training asks of a cluster with so many cores."""
        return Resources()

    @abstractmethod
    def train(
        self,
        sources: Sequence[Benchmark],
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Progress,
    ) -> TrainingResult:
        """Train one agent and leave it in ``folder``; resumes what it finds there.

        Args:
            sources: answer the training queries, each on ``self.space``; at least one.
            seed: source of all randomness.
            folder: this agent's own folder: checkpoints, ``progress.jsonl``, TensorBoard events.
            progress: is told how far the training is.
        """

    @abstractmethod
    def load(self, folder: Path) -> None:
        """Take over the agent that ``train`` left in ``folder``."""
