"""The agent that learns to search on other data sets: Ape-X over what a search has found so far."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.options import option_values
from naslib_incremental.foundation.seeding import children
from naslib_incremental.optimizers.contract import Progress
from naslib_incremental.optimizers.source_pool import SourcePoolConfig, SourcePoolSearch
from naslib_incremental.records.training import LearningLog, TrainingResult
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from torch import Tensor

    from naslib_incremental.optimizers.in_context.network import Networks
    from naslib_incremental.optimizers.in_context.pretrained import Pretrained
    from naslib_incremental.optimizers.in_context.tasks import SourceTable
    from naslib_incremental.optimizers.in_context.trainer import InContextTrainer, TrainerConfig

AGENT, CHECKPOINT = "agent.safetensors", "checkpoint.safetensors"

FORMAT = 1

CHECKPOINT_UPDATES = 500


@dataclass(frozen=True)
class InContextConfig(SourcePoolConfig):
    """How the agent is trained and how it acts."""

    policy: Literal["q", "ei"] = field(
        default="q",
        metadata={"help": "act by action value, or by expected improvement of the accuracy head"},
    )
    updates: int = field(default=4_000, metadata={"help": "updates of the network", "least": 1})
    num_envs: int = field(
        default=32, metadata={"help": "searches side by side in training", "least": 2}
    )
    batch: int = field(default=96, metadata={"help": "transitions in an update", "least": 1})
    training_pool: int = field(
        default=1_024,
        metadata={
            "help": "architectures that a search in training chooses from",
            "least": 64,
        },
    )
    replay_capacity: int = field(
        default=9_600, metadata={"help": "transitions kept for training", "least": 4_096}
    )
    learning_rate: float = field(default=1e-3, metadata={"help": "highest learning rate"})
    discount: float = field(default=0.95, metadata={"help": "of a query", "least": 0, "most": 1})
    n_step: int = field(default=3, metadata={"help": "queries before the estimate", "least": 1})
    auxiliary: float = field(
        default=0.3,
        metadata={"help": "weight of the likelihood of candidates' accuracies", "least": 0},
    )
    augment: bool = field(
        default=True,
        metadata={"help": "train on mixtures and random functions beside the sources"},
    )
    pretrained: bool = field(
        default=True,
        metadata={"help": "take an agent that comes with the package where one fits the sources"},
    )
    device: Literal["cpu", "cuda"] = field(
        default="cpu", metadata={"help": "where the agent is trained", "identity": False}
    )

    @property
    def trainer(self) -> TrainerConfig:
        """What the trainer wants to know."""
        from naslib_incremental.optimizers.in_context.trainer import TrainerConfig

        return TrainerConfig(
            self.updates,
            self.num_envs,
            self.batch,
            self.training_pool,
            self.replay_capacity,
            self.learning_rate,
            self.discount,
            self.n_step,
            self.auxiliary,
            self.augment,
        )


class ApexInContext(SourcePoolSearch):
    """Queries what an agent chooses, that was trained on other data sets to search.

    The agent is shown what the search has found and what three Gaussian processes with more or less
    trust in the sources make of it (``in_context``). It knows accuracies only relative to those of
    its own queries. Training needs no more of the sources than what was measured for their
    functions.
    """

    name = "apex_in_context"
    config_class = InContextConfig
    config: InContextConfig

    def train(
        self,
        sources: Sequence[Benchmark],
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Progress,
    ) -> TrainingResult:
        """Measure the sources, then train an agent on them; resumes what it finds.

        Raises:
            UserError: there are fewer than two sources.
        """
        from naslib_incremental.agent import checkpoint
        from naslib_incremental.optimizers.in_context import pretrained

        if len(sources) < 2:
            raise UserError(
                "two sources or more, one of which takes the part of the target",
                f"{len(sources)}",
                "name more",
                setting="train_on",
            )
        measured = super().train(sources, seed, folder, lambda *_: None)
        asked = self._identity(sources)
        try:
            finished = checkpoint.read(folder / AGENT)
            if finished.get("asked") == asked:
                return TrainingResult(**finished["result"])
        except checkpoint.UnusableCheckpointError:
            pass
        of = (self.space.name, self.space.version, asked["sources"], self.config.trainer)
        if self.config.pretrained and (made := pretrained.find(*of)):
            result, networks = self._taken(made, seed, measured)
        else:
            super().load(folder)
            trainer, seconds = self._trained(children(seed, 1)[0], folder, asked, progress)
            details = dict(measured.details) | {"updates": trainer.updates}
            result = replace(
                measured, steps=trainer.steps, seconds=measured.seconds + seconds, details=details
            )
            networks = trainer.networks.state_dict()
        state = {"asked": asked, "result": asdict(result), "networks": networks}
        progress(self.config.updates, self.config.updates, {})
        checkpoint.write(folder / AGENT, state)
        (folder / CHECKPOINT).unlink(missing_ok=True)
        return result

    def _taken(
        self, made: Pretrained, seed: np.random.SeedSequence, measured: TrainingResult
    ) -> tuple[TrainingResult, dict[str, Tensor]]:
        """An agent that comes with the package; agents of a run are different ones."""
        number = seed.spawn_key[-1] if seed.spawn_key else 0
        details = dict(measured.details) | {
            "updates": self.config.updates,
            "pretrained": made.name,
            "pretrained_queries": made.card.queries,
        }
        # What the package's agent was trained on counts too; overlaps are not known.
        result = replace(
            measured,
            steps=made.card.steps,
            queries=measured.queries + made.card.queries,
            distinct_queries=measured.distinct_queries + made.card.queries,
            details=details,
        )
        return result, made.networks(number)

    def _identity(self, sources: Sequence[Benchmark]) -> dict[str, Any]:
        config = option_values(self.config, identity=True)
        return {"format": FORMAT, "config": config, "sources": [one.name for one in sources]}

    def _trained(
        self,
        seed: np.random.SeedSequence,
        folder: Path,
        asked: Mapping[str, Any],
        progress: Progress,
    ) -> tuple[InContextTrainer, float]:
        """A trainer that is done, and the seconds that it took, resumed parts included."""
        import torch

        from naslib_incremental.agent import checkpoint
        from naslib_incremental.optimizers.in_context.trainer import InContextTrainer

        number = int(seed.generate_state(1, np.uint64)[0] >> 1)
        device = torch.device(self.config.device)
        trainer = InContextTrainer([self.table()], self.config.trainer, number, device)
        spent, began = 0.0, time.perf_counter()
        try:
            state = checkpoint.read(folder / CHECKPOINT)
            if state.get("asked") == asked:
                trainer.load_state_dict(state["trainer"])
                spent = state["seconds"]
        except checkpoint.UnusableCheckpointError:
            pass
        log, saved = LearningLog(folder, trainer.steps), trainer.updates

        def tell(figures: Mapping[str, float]) -> None:
            log.record(trainer.steps, figures)
            progress(trainer.updates, self.config.updates, figures)

        while not trainer.done:
            trainer.run_episode(tell)
            if trainer.updates - saved >= CHECKPOINT_UPDATES and not trainer.done:
                seconds, saved = spent + time.perf_counter() - began, trainer.updates
                state = {"asked": asked, "seconds": seconds, "trainer": trainer.state_dict()}
                checkpoint.write(folder / CHECKPOINT, state)
        return trainer, spent + time.perf_counter() - began

    def table(self) -> SourceTable:
        """What was measured on the sources, for training."""
        from naslib_incremental.optimizers.in_context.tasks import SourceTable

        return SourceTable.of(self.sources(), self.measured, self.accuracies)

    def load(self, folder: Path) -> None:
        """Take over the functions of the sources, and the agent.

        Raises:
            UserError: there is none that can be read.
        """
        from naslib_incremental.agent import checkpoint

        super().load(folder)
        try:
            self._networks = self._of(checkpoint.read(folder / AGENT)["networks"])
        except (checkpoint.UnusableCheckpointError, KeyError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            expected = f"an agent of {self.name} in {folder}"
            raise UserError(expected, reason, "train it: train makes what is missing") from error

    def load_pretrained(self) -> None:
        """Take over the agent that comes with the package for data that no benchmark holds.

        Raises:
            UserError: there is none of this space.
        """
        from naslib_incremental.optimizers.in_context import pretrained

        made = pretrained.find(self.space.name, self.space.version, None)
        if made is None:
            spaces = ", ".join(sorted({one.card.space for one in pretrained.every()}))
            advice = "train an agent on data sets of this space"
            raise UserError(f"a space of {spaces}", self.space.name, advice)
        self.take_over(*made.functions())
        self._networks = self._of(made.networks(0))

    def _of(self, state: Mapping[str, Any]) -> Networks:
        import torch

        from naslib_incremental.optimizers.in_context.network import Networks

        networks = Networks(1, torch.Generator())
        networks.load_state_dict(state)
        return networks.requires_grad_(False).eval()

    def model_size(self, size: int) -> int:
        """Of the experts."""
        from naslib_incremental.optimizers.in_context.experts import EXPERTS

        return EXPERTS * self.settings.query_budget * (size + self.settings.query_budget)

    def begin_model(self, candidates: Architectures) -> None:
        """Begin E times three processes."""
        from naslib_incremental.optimizers.in_context.experts import Experts

        self._experts = Experts(*self.seen(candidates), self.settings.query_budget)

    def observe(self, places: NDArray[np.int64]) -> None:
        """Tell the experts."""
        import torch

        self._experts.observe(torch.from_numpy(places))

    def replace(self, places: NDArray[np.int64], newcomers: Architectures) -> None:
        """Let the experts speak of newcomers."""
        import torch

        self._experts.replace(torch.from_numpy(places), *self.seen(newcomers))

    def promise(self, accuracies: Accuracies) -> NDArray[np.float32]:
        """[E, P] by the agent where it was shown a candidate, below that by the experts."""
        import torch

        from naslib_incremental.optimizers.in_context import observation

        if not accuracies.shape[1]:
            return np.asarray(self._experts.statistics[:, :, 0].numpy())
        beliefs = self._experts.beliefs(torch.from_numpy(accuracies))
        closed = torch.from_numpy(~self._candidates.open)
        shape = (len(closed), observation.BY_CHANCE)
        chance = torch.from_numpy(self.rng.integers(closed.shape[1], size=shape))
        wanted = observation.Wanted.of(beliefs, closed)
        shown = observation.observe(self._experts, beliefs, wanted, closed, chance)
        judged = self._networks(shown.of_agents(1))
        if self.config.policy == "q":
            worth = judged.values(self.config.discount)[0]
        else:
            worth = judged.improvement(shown.margin[None])[0]
        lowest, highest = worth.amin(1, keepdim=True), worth.amax(1, keepdim=True)
        ranked = 1 + (worth - lowest) / (highest - lowest).clamp_min(1e-12)
        promise = wanted.mixed.scatter(1, shown.places, ranked)
        return np.asarray(promise.numpy())
