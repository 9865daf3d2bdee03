"""Our optimizers as NASLib's: importing this module imports NASLib."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import torch
from torch import nn

from naslib_incremental.agent.network import QNetwork
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.seeding import children
from naslib_incremental.optimizers.apex_incremental import ApexIncremental as Agent
from naslib_incremental.optimizers.contract import EpisodeSettings
from naslib_incremental.optimizers.naslib.conversion import DatasetAPI
from naslib_incremental.optimizers.naslib.importing import load_naslib
from naslib_incremental.optimizers.naslib.rehearsal import Rehearsal, benchmark_of
from naslib_incremental.optimizers.naslib.search_record import SearchRecord
from naslib_incremental.optimizers.registry import configure, make_optimizer
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    MetaOptimizer = object
else:
    MetaOptimizer = load_naslib().MetaOptimizer

# Under NASLib's own logger, so that it is on the screen and in the log.log of its runners.
logger = logging.getLogger("naslib.incremental")

Search = Generator[Architectures, float, None]


class IncrementalOptimizer(MetaOptimizer):
    """One of our optimizers, driven by NASLib's ``Trainer``: one epoch is one query.

    The queries are those of episodes that follow each other, each from a fresh start of our space's
    default sampler; the incumbent is the architecture with the best validation accuracy so far, as
    it was when queried. Everything is answered by NASLib's ``dataset_api``; neighbours, samplers
    and the agent are ours. Checkpoints hold all queries; a resumed search repeats them without
    asking again and continues as if it had never stopped.

    Read from the config (defaults in brackets): ``dataset``; ``search.epochs``; ``search.seed``
    [0]; ``search.neighbours`` [50] presented at a step; ``search.max_steps`` [32] of an episode;
    and ``search.<name>`` [empty], a node with the optimizer's own options: the fields of its
    ``config_class``.

    Args:
        config: NASLib's, from YAML or built by hand.

    Attributes:
        name: of our optimizer.
        starts_are_queries: whether it needs the start's accuracy, which is then its first query.
        num_episodes: run side by side, where they do not wait for answers.
    """

    using_step_function = False
    name: ClassVar[str]
    starts_are_queries: ClassVar[bool] = False
    num_episodes: ClassVar[int] = 64

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        search = config.search
        self.settings = EpisodeSettings(
            neighbours=getattr(search, "neighbours", 50),
            max_steps=getattr(search, "max_steps", 32),
            query_budget=search.epochs,
        )
        self._options = _node(search, self.name)
        self._seed = np.random.SeedSequence(getattr(search, "seed", 0))
        self._search: Search | None = None
        self._statistics: dict[int, tuple[float, float, float, float]] = {}

    def adapt_search_space(
        self, search_space: Any, scope: Any = None, dataset_api: Any = None
    ) -> None:
        """Take NASLib's search space; only the final architecture is ever made a network.

        Raises:
            UserError: it is not supported, or an option is wrong.
        """
        metric = load_naslib().Metric
        self.benchmark = DatasetAPI(search_space, self.config.dataset, dataset_api, metric)
        space = self.benchmark.space
        options = configure(self.name, self._options, space, self.settings)
        self.optimizer = make_optimizer(self.name, space, self.settings, options)
        self.record = SearchRecord(space.dtype)

    def before_training(self) -> None:
        """The search begins, or resumes after the queries that a checkpoint holds."""
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
        """Yields queries, and takes their answers as NASLib gives them."""
        rng = np.random.default_rng(children(self._seed, 1)[0])
        while True:
            starts = self.benchmark.space.sample(self.num_episodes, rng)
            validation = np.full(len(starts), np.nan)
            if self.starts_are_queries:
                validation[0] = (yield starts[0]) / self.benchmark.scale
            self.optimizer.start(starts, validation, rng)
            while (asked := self.optimizer.ask()) is not None:
                answers = np.empty(len(asked.architectures))
                for place, architecture in enumerate(asked.architectures):
                    answers[place] = (yield architecture) / self.benchmark.scale
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
        """The incumbent as a NASLib graph; a network where the search space instantiates models."""
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
    """``random_walk``: where walks end that continue or stop at random."""

    name = "random_walk"


class LocalSearch(IncrementalOptimizer):
    """``local_search``: steepest ascent over our neighbours, from start to start."""

    name = "local_search"
    starts_are_queries = True
    num_episodes = 1


class ApexIncremental(IncrementalOptimizer):
    """``apex_incremental``: where a trained agent chooses to stay.

    ``search.agent`` [none] is the folder of an agent trained before, such as
    ``RUN/agents/apex_incremental/agent0`` of a run folder. Without it an agent is trained before
    the first epoch, on answers of NASLib's ``dataset_api``, in ``<config.save>/agent``; a finished
    one found there is taken as it is, an unfinished one is trained on. No architecture is asked for
    twice. Attributes and log say what that cost: it comes on top of the epochs. The weights are
    part of every checkpoint.

    Attributes:
        training_queries: answered while it learned, repeats included; 0 for one given.
        selection_queries: answered to choose its temperature and stay margin, likewise.
        asked: architectures that NASLib was asked for in this process, to train and to choose.
    """

    name = "apex_incremental"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.training_queries = self.selection_queries = self.asked = 0

    def adapt_search_space(  # noqa: D102
        self, search_space: Any, scope: Any = None, dataset_api: Any = None
    ) -> None:
        super().adapt_search_space(search_space, scope, dataset_api)
        given = getattr(self.config.search, "agent", None)
        if given:
            self._take(Path(given))

    def before_training(self) -> None:
        """Train the agent, unless one was given or trained before."""
        super().before_training()
        if self.record.agent is None:
            folder = Path(self.config.save) / "agent"
            folder.mkdir(parents=True, exist_ok=True)
            self._train(folder)
            self._take(folder)

    def _train(self, folder: Path) -> None:
        steps = self._agent.config.steps
        logger.info(
            "No search.agent given: training one for %d steps, unless it lies in %s", steps, folder
        )
        rehearsal = Rehearsal(self.benchmark)
        seed = children(self._seed, 2)[1]
        training = self._agent.train([rehearsal], seed, folder, rehearsal.report)
        self.training_queries = training.queries
        self.selection_queries = training.selection_queries
        self.asked = rehearsal.asked
        logger.info(
            "Agent trained in %.0f s: %d steps took %d queries, the choice of temperature and stay "
            "margin %d, of %d different architectures in all; NASLib was asked for %d, on top of "
            "the epochs",
            *(training.seconds, training.steps, self.training_queries, self.selection_queries),
            *(training.distinct_queries, self.asked),
        )

    @property
    def _agent(self) -> Agent:
        return cast(Agent, self.optimizer)

    def _take(self, folder: Path) -> None:
        try:
            self._agent.load(folder)
        except UserError as error:
            trained_on = benchmark_of(folder)
            if not trained_on:
                raise
            raise UserError(
                f"search.agent to be an agent for {self.benchmark.space.name}",
                f"one that was trained on {trained_on}, in {folder}",
                "name another agent, or none to have one trained",
            ) from error
        self.record.agent = self._agent.network

    def get_model_size(self) -> float:
        """Millions of parameters of the agent's network."""
        network = self.record.agent
        if network is None:
            space = self.benchmark.space
            slots = space.width(self.settings.neighbours) + 1
            with torch.device("meta"):
                network = QNetwork(self._agent.config, space.features, slots)
        return sum(part.numel() for part in network.parameters()) / 1e6


def _node(search: Any, name: str) -> dict[str, Any]:
    """The options in ``search.<name>``, none where there is no such node.

    Raises:
        UserError: it is something else than a node.
    """
    found = getattr(search, name, {})
    if not isinstance(found, Mapping):
        expected = f"search.{name} to be a node with the optimizer's options"
        raise UserError(expected, repr(found), f"write search.{name}.OPTION, or leave it out")
    return dict(found)
