"""Our optimizers as NASLib's: importing this module imports NASLib."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from naslib_incremental.agent.network import QNetwork
from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.seeding import children
from naslib_incremental.optimizers.apex_incremental import ApexIncremental as Agent
from naslib_incremental.optimizers.contract import EpisodeSettings
from naslib_incremental.optimizers.naslib.conversion import DatasetAPI
from naslib_incremental.optimizers.naslib.importing import load_naslib
from naslib_incremental.optimizers.registry import configure, make_optimizer
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    MetaOptimizer = object
else:
    MetaOptimizer = load_naslib().MetaOptimizer

logger = logging.getLogger(__name__)

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
        """Yields queries, and takes their answers in per cent."""
        rng = np.random.default_rng(children(self._seed, 1)[0])
        while True:
            starts = self.benchmark.space.sample(self.num_episodes, rng)
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
    ``RUN/agents/apex_incremental/agent0`` of ``naslib-run``. Without it an agent is trained before
    the first epoch, on answers of NASLib's ``dataset_api``, in ``<config.save>/agent``; a finished
    one found there is taken as it is, an unfinished one is trained on. ``training_queries`` and the
    log say what that cost: it comes on top of the epochs. The weights are part of every checkpoint.

    Attributes:
        training_queries: answered to train the agent, repeats included; 0 for one given.
    """

    name = "apex_incremental"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.training_queries = 0

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
            seed = children(self._seed, 2)[1]
            training = self._agent.train([self.benchmark], seed, folder, _log)
            self.training_queries = training.queries
            logger.info(
                "agent trained: %d steps, %d queries on top of the epochs, %.0f s, in %s",
                *(training.steps, training.queries, training.seconds, folder),
            )
            self._take(folder)

    @property
    def _agent(self) -> Agent:
        return cast(Agent, self.optimizer)

    def _take(self, folder: Path) -> None:
        self._agent.load(folder)
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


def _log(step: int, steps: int, figures: Mapping[str, float]) -> None:
    shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    logger.info("training the agent: step %d of %d, %s", step, steps, shown)


class SearchRecord(nn.Module):
    """The queries of a search in their order, as buffers, and an agent's network if there is one.

    NASLib's checkpointer saves and loads ``state_dict``; buffers of no length are left out, so that
    a fresh record takes over whatever a checkpoint holds.

    Args:
        dtype: of architectures.

    Attributes:
        agent: the agent's network, None where there is none.
    """

    agent: nn.Module | None
    _asked: torch.Tensor | None
    _answers: torch.Tensor | None

    def __init__(self, dtype: np.dtype[Any]) -> None:
        super().__init__()
        self._dtype = dtype
        self.agent = None
        self.register_buffer("_asked", None)
        self.register_buffer("_answers", None)

    def __len__(self) -> int:
        return 0 if self._answers is None else len(self._answers)

    @property
    def asked(self) -> Architectures:
        """[Q, *architecture_shape]."""
        if self._asked is None:
            return np.zeros(0, self._dtype)
        return self._asked.numpy().astype(self._dtype)

    @property
    def answers(self) -> Accuracies:
        """[Q] as NASLib gives them, in per cent."""
        return np.zeros(0) if self._answers is None else self._answers.numpy()

    def append(self, architecture: Architectures, answer: float) -> None:
        """One more query."""
        self._asked = _joined(self._asked, np.asarray(architecture).astype(np.int64)[None])
        self._answers = _joined(self._answers, np.array([answer]))

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *rest: Any) -> None:
        # Buffers of the checkpoint's lengths, so that its tensors fit.
        for name in ("_asked", "_answers"):
            if f"{prefix}{name}" in state_dict:
                setattr(self, name, torch.empty_like(state_dict[f"{prefix}{name}"]))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def _joined(held: torch.Tensor | None, more: NDArray[Any]) -> torch.Tensor:
    added = torch.from_numpy(more)
    return added if held is None else torch.cat([held, added])
