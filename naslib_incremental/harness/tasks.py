"""What a worker does, on Ray too: train one agent, or evaluate one on a start set."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.evaluate import StartSet, evaluate, sample_start_set
from naslib_incremental.harness.job import Job, opened
from naslib_incremental.harness.plan import start_set_seed, task_seed
from naslib_incremental.optimizers import TrainableOptimizer
from naslib_incremental.records import EvaluationTask, Task, TrainingTask, write_episodes
from naslib_incremental.records.training import write_training


@dataclass(frozen=True)
class ProgressReport:
    """How far a piece of work is.

    Attributes:
        run: name of the run folder.
        task: which training, or evaluation, of that run.
        step: environment steps done; of an evaluation queries.
        steps: in all.
        figures: the latest figures, e.g. ``"mean_final_validation"``.
    """

    run: str
    task: Task
    step: int
    steps: int
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Failure:
    """What went wrong in one piece of work; travels between processes.

    Attributes:
        task: the piece of work.
        reason: one line.
        user_error: the error, if the user can mend it.
        trace: the traceback.
    """

    task: Task
    reason: str
    user_error: UserError | None
    trace: str

    @classmethod
    def of(cls, task: Task, error: Exception) -> Failure:
        """The failure of a piece of work that raised."""
        trace = "".join(traceback.format_exception(error))
        if isinstance(error, UserError):
            return cls(task, str(error), error, trace)
        return cls(task, f"{type(error).__name__}: {error}".splitlines()[0], None, trace)


Send = Callable[[ProgressReport], None]


def perform(job: Job, task: Task, send: Send) -> Failure | None:
    """Do one piece of work; whatever goes wrong is returned, never raised.

    Args:
        job: the run.
        task: the piece of work.
        send: takes reports.
    """
    try:
        if isinstance(task, TrainingTask):
            _train(job, task, send)
        else:
            _evaluate(job, task, send)
    except Exception as error:
        return Failure.of(task, error)
    return None


def _train(job: Job, task: TrainingTask, send: Send) -> None:
    optimizer = job.optimizer(task.optimizer)
    if not isinstance(optimizer, TrainableOptimizer):
        raise TypeError(f"{task.optimizer} cannot be trained")
    folder = job.folder.agent_folder(task)
    folder.mkdir(parents=True, exist_ok=True)

    def progress(step: int, steps: int, figures: Mapping[str, float]) -> None:
        send(ProgressReport(job.folder.name, task, step, steps, dict(figures)))

    sources = [opened(name) for name in job.sources[task.optimizer]]
    result = optimizer.train(sources, task_seed(job.config, task), folder, progress)
    write_training(job.folder.file(task), result, job.folder.config_hash)


def _evaluate(job: Job, task: EvaluationTask, send: Send) -> None:
    config = job.config
    benchmark = opened(config.benchmark)
    optimizer = job.optimizer(task.optimizer)
    if isinstance(optimizer, TrainableOptimizer):
        optimizer.load(job.folder.agent_folder(task))
    starts = _start_set(
        config.benchmark, max(config.episodes, config.searches), config.seed, task.start_set
    ).first(job.folder.episodes[task.optimizer])
    rng = np.random.default_rng(task_seed(config, task))
    queries = job.folder.episodes[task.optimizer] * optimizer.settings.query_budget

    def tell(done: int) -> None:
        send(ProgressReport(job.folder.name, task, done, queries, {}))

    # How many queries the others will need is not known, and they are quick.
    episodes = evaluate(optimizer, benchmark, starts, rng, tell if optimizer.is_search else None)
    path = job.folder.file(task)
    digest = job.folder.config_hash
    write_episodes(path, task, benchmark.name, episodes, digest, benchmark.metric)


@lru_cache(maxsize=8)
def _start_set(benchmark: str, episodes: int, master: int, start_set: int) -> StartSet:
    seed = start_set_seed(master, benchmark, start_set)
    return sample_start_set(opened(benchmark), episodes, seed)
