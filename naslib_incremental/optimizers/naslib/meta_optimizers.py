"""Our optimizers as NASLib's: importing this module imports NASLib."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.seeding import children
from naslib_incremental.optimizers.contract import EpisodeSettings
from naslib_incremental.optimizers.naslib.dataset_api import DatasetAPI
from naslib_incremental.optimizers.naslib.importing import load_naslib
from naslib_incremental.optimizers.naslib.record import SearchRecord
from naslib_incremental.optimizers.registry import configure, make_optimizer
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from torch import nn

    MetaOptimizer = object
else:
    MetaOptimizer = load_naslib().MetaOptimizer

Search = Generator[Architectures, float, None]


class IncrementalOptimizer(MetaOptimizer):
    """One of our optimizers, driven by NASLib's ``Trainer``: one epoch is one query.

    The queries are those of episodes that follow each other, each from a fresh start of our space's
    default sampler; the incumbent is the architecture with the best validation accuracy so far, as
    it was when queried. Everything is answered by NASLib's ``dataset_api``; neighbours, samplers
    and the agent are ours. Checkpoints hold all queries; a resumed search repeats them without
    asking again and goes on as if it had never stopped.

    Read from the config (defaults in brackets): ``dataset``; ``search.epochs``; ``search.seed``
    [0]; ``search.neighbours`` [50] presented at a step; ``search.max_steps`` [32] of an episode;
    and ``search.<name>`` [empty], a node with the optimizer's own options, by their names in
    ``naslib-run --optimizer <name> --help`` with underscores.

    Args:
        config: NASLib's, from YAML or built by hand.

    Attributes:
        name: of our optimizer.
        starts_are_queries: whether it needs the start's accuracy, which is then its first query.
        lanes: episodes that run side by side, where they do not wait for answers.
    """

    using_step_function = False
    name: ClassVar[str]
    starts_are_queries: ClassVar[bool] = False
    lanes: ClassVar[int] = 64

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        search = config.search
        self.settings = EpisodeSettings(
            neighbours=getattr(search, "neighbours", 50),
            max_steps=getattr(search, "max_steps", 32),
            query_budget=search.epochs,
        )
        self._options = dict(getattr(search, self.name, {}))
        self._seed = np.random.SeedSequence(getattr(search, "seed", 0))
        self._search: Search | None = None
        self._statistics: dict[int, tuple[float, float, float, float]] = {}

    def adapt_search_space(
        self, search_space: Any, scope: Any = None, dataset_api: Any = None
    ) -> None:
        """Take NASLib's search space; ``instantiate_model`` is switched off in our copy.

        Raises:
            UserError: it is not supported, or an option is wrong.
        """
        metric = load_naslib().Metric
        self.benchmark = DatasetAPI(search_space, self.config.dataset, dataset_api, metric)
        space = self.benchmark.space
        config = configure(self.name, self._options, space, self.settings)
        self.optimizer = make_optimizer(self.name, space, self.settings, config)
        self.record = SearchRecord(space.dtype)

    def before_training(self) -> None:
        """The search begins, or goes on after the queries that a checkpoint holds."""
        self._search = None

    def new_epoch(self, epoch: int) -> None:
        """One query."""
        if self._search is None:
            self._search = self._episodes()
            self._next = next(self._search)
            self._repeat(self._search)
        architecture = self._next
        answer = float(self.benchmark.ask(architecture, "VAL_ACCURACY"))
        self.record.append(architecture, answer)
        self._next = self._search.send(answer)

    def _episodes(self) -> Search:
        """Yields queries, and takes their answers in per cent."""
        rng = np.random.default_rng(children(self._seed, 1)[0])
        while True:
            starts = self.benchmark.space.sample(self.lanes, rng)
            validation = np.full(len(starts), np.nan)
            if self.starts_are_queries:
                validation[0] = (yield starts[0]) / 100
            self.optimizer.start(starts, validation, rng)
            while (asked := self.optimizer.ask()) is not None:
                answers = np.empty(len(asked.architectures))
                for place, architecture in enumerate(asked.architectures):
                    answers[place] = (yield architecture) / 100
                self.optimizer.tell(answers)
            self.optimizer.outcome()

    def _repeat(self, search: Search) -> None:
        """What a checkpoint holds, without asking again."""
        for asked, answer in zip(self.record.asked, self.record.answers, strict=True):
            if not np.array_equal(asked, self._next):
                raise UserError(
                    "the checkpoint of a search with the same config",
                    "one that asked for other architectures",
                    "resume with the config, seed and agent that it was made with",
                )
            self._next = search.send(float(answer))

    def train_statistics(self, report_incumbent: bool = True) -> tuple[float, float, float, float]:
        """Training, validation and test accuracy in per cent, and training time in seconds.

        Of the incumbent, or of the last query; -1 is NASLib's for what a benchmark lacks.
        """
        place = self._incumbent() if report_incumbent else len(self.record) - 1
        if place not in self._statistics:
            architecture = self.record.asked[place]
            train, test, seconds = (
                float(self.benchmark.ask(architecture, metric))
                for metric in ("TRAIN_ACCURACY", "TEST_ACCURACY", "TRAIN_TIME")
            )
            self._statistics[place] = (train, float(self.record.answers[place]), test, seconds)
        return self._statistics[place]

    def _incumbent(self) -> int:
        return int(self.record.answers.argmax())

    def test_statistics(self) -> Any:
        """All that the benchmark knows of the incumbent."""
        return self.benchmark.ask(self.record.asked[self._incumbent()], "RAW")

    def get_final_architecture(self) -> Any:
        """The incumbent as a NASLib graph."""
        return self.benchmark.graph(self.record.asked[self._incumbent()])

    def get_op_optimizer(self) -> Any:
        """Nothing here trains architectures."""
        raise NotImplementedError

    def get_checkpointables(self) -> dict[str, nn.Module]:
        """The queries and, of a trained agent, the weights."""
        return {"model": self.record}

    def get_model_size(self) -> float:
        """Millions of parameters: there are none."""
        return 0.0


class RandomSearch(IncrementalOptimizer):
    """``random_search``: architectures from our space's default sampler."""

    name = "random_search"


class RandomWalk(IncrementalOptimizer):
    """``random_walk``: where walks end that go on or stop at random."""

    name = "random_walk"


class LocalSearch(IncrementalOptimizer):
    """``local_search``: steepest ascent over our neighbours, from start to start."""

    name = "local_search"
    starts_are_queries = True
    lanes = 1
