"""What a worker process does: train one agent or evaluate one cell. Runs anywhere, on Ray too."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from naslib_incremental.agent.rllib.topology import Topology
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.cells import write_cell
from naslib_incremental.harness.evaluate import StartSet, draw_start_set, evaluate
from naslib_incremental.harness.job import Job, opened
from naslib_incremental.harness.plan import Agent, Cell, item_seed, start_set_seed
from naslib_incremental.harness.resolve import make_optimizer
from naslib_incremental.harness.run_folder import write_training
from naslib_incremental.optimizers import TrainableOptimizer


@dataclass(frozen=True)
class Report:
    """How far a training is.

    Attributes:
        run: name of the run folder.
        agent: which training of that run.
        step: environment steps done.
        steps: environment steps in all.
        figures: the latest figures, e.g. ``"mean_final_validation"``.
    """

    run: str
    agent: Agent
    step: int
    steps: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Failure:
    """What went wrong in one piece of work; plain text, so that it travels between processes.

    Attributes:
        item: the piece of work.
        reason: one line.
        user_error: expected, got and next command if the user can mend it.
        trace: the traceback.
    """

    item: Agent | Cell
    reason: str
    user_error: tuple[str, str, str] | None
    trace: str


Send = Callable[[Report], None]


def perform(
    job: Job, item: Agent | Cell, send: Send, topology: Topology | None = None
) -> Failure | None:
    """Do one piece of work; whatever goes wrong is returned, never raised.

    Args:
        job: the run.
        item: the piece of work.
        send: takes reports of a training.
        topology: over what a training spreads; None for this process.
    """
    try:
        if isinstance(item, Agent):
            _train(job, item, send, topology)
        else:
            _evaluate(job, item)
    except UserError as error:
        mendable = (error.expected, error.got, error.next)
        return Failure(item, str(error), mendable, traceback.format_exc())
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return Failure(item, reason, None, traceback.format_exc())
    return None


def _train(job: Job, agent: Agent, send: Send, topology: Topology | None) -> None:
    benchmark = opened(job.config.benchmark)
    optimizer = make_optimizer(job.config, agent.optimizer, benchmark.space)
    if not isinstance(optimizer, TrainableOptimizer):
        raise TypeError(f"{agent.optimizer} cannot be trained")
    folder = job.agent_folder(agent)
    folder.mkdir(parents=True, exist_ok=True)

    def progress(step: int, steps: int, figures: Mapping[str, float]) -> None:
        send(Report(job.folder.name, agent, step, steps, dict(figures)))

    train = optimizer.train if topology is None else partial(optimizer.train_over, topology)
    training = train(benchmark, item_seed(job.config, agent), folder, progress)
    write_training(job, agent, training)


def _evaluate(job: Job, cell: Cell) -> None:
    config = job.config
    benchmark = opened(config.benchmark)
    optimizer = make_optimizer(config, cell.optimizer, benchmark.space)
    if isinstance(optimizer, TrainableOptimizer):
        optimizer.load(job.agent_folder(cell))
    starts = _start_set(config.benchmark, config.episodes, config.seed, cell.start_set)
    rng = np.random.default_rng(item_seed(config, cell))
    evaluation = evaluate(optimizer, benchmark, starts, rng)
    write_cell(job.file(cell), cell, benchmark.name, evaluation, job.config_hash)


@lru_cache(maxsize=8)
def _start_set(benchmark: str, episodes: int, master: int, start_set: int) -> StartSet:
    seed = start_set_seed(master, benchmark, start_set)
    return draw_start_set(opened(benchmark), episodes, seed)
