"""Runs side by side: what a report is made from, read through the records of the run folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.records import DamagedRecordError, Episodes, EvaluationTask, Run, open_run
from naslib_incremental.records.manifest import AgentRecord, BenchmarkRecord, SettingsRecord

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evaluation:
    """The episodes of one agent on one start set; ``is_search`` where each is a whole search."""

    task: EvaluationTask
    episodes: Episodes
    is_search: bool = False


@dataclass(frozen=True)
class OptimizerRuns:
    """All that one optimizer did in one run.

    Attributes:
        name: name in the report, different for each.
        registered: name in the run folder.
        run: where it comes from.
        evaluations: readable ones, by agent seed and start set.
        trained: whether it learns to search before it is evaluated.
        agents: the trained ones.
        learning: learning curves by agent seed.
    """

    name: str
    registered: str
    run: Run
    evaluations: tuple[Evaluation, ...]
    trained: bool
    agents: tuple[AgentRecord, ...]
    learning: dict[int, pd.DataFrame]

    def column(self, name: str) -> NDArray[Any]:
        """[E] one attribute of all episodes, end to end."""
        return np.concatenate([getattr(one.episodes, name) for one in self.evaluations])

    def starts(self) -> tuple[Any, NDArray[np.float64]]:
        """The starts of all start sets of which an evaluation is readable.

        Returns:
            [E] readable architectures, an arrow array, and [E] their validation accuracy.

        Raises:
            OSError: they cannot be read any more.
        """
        tasks = {one.task.start_set: one.task for one in self.evaluations}.values()
        try:
            read = [self.run.folder.read(task, starts=True) for task in tasks]
        except DamagedRecordError as error:
            raise OSError(f"{self.run.name}: {error}") from error
        texts = pa.chunked_array([one.start.cast(pa.string()) for one in read])
        return texts, np.concatenate([one.start_validation for one in read])


@dataclass(frozen=True)
class RunSet:
    """One or several runs side by side, on one benchmark.

    Attributes:
        runs: the run folders.
        optimizers: those with at least one readable evaluation; trained ones first.
        problems: one line for each thing that was damaged or missing, and left out.
    """

    runs: tuple[Run, ...]
    optimizers: tuple[OptimizerRuns, ...]
    problems: tuple[str, ...]

    @property
    def benchmark(self) -> BenchmarkRecord:
        """The benchmark, the same for all runs."""
        return self.runs[0].manifest.benchmark

    @property
    def settings(self) -> SettingsRecord:
        """How much was evaluated, and how, in the first run."""
        return self.runs[0].manifest.settings

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets of all runs, ascending."""
        return tuple(sorted({budget for run in self.runs for budget in run.manifest.budgets}))


def read_runs(folders: Sequence[Path]) -> RunSet:
    """Load run folders.

    Raises:
        UserError: a folder is no run folder, the runs are on different benchmarks, or nothing is
            readable.
    """
    runs = tuple(open_run(folder) for folder in folders)
    if not runs:
        raise UserError("one or more run folders", "none", "name one")
    check_same_benchmark(runs)
    names = names_of_runs(runs)
    found, problems = [], []
    for run, name in zip(runs, names, strict=True):
        found += _read_optimizers(run)
        problems += [f"{name}: {problem}" for problem in run.problems]
    if not found:
        raise UserError(
            "a run folder with at least one readable evaluation",
            "; ".join(problems[:3]) or f"no optimizers in {folders[0]}",
            "run it again with the same options, which does what is missing",
        )
    found.sort(key=lambda optimizer: not optimizer.trained)
    return RunSet(runs, _with_different_names(found, runs), tuple(problems))


def _read_optimizers(run: Run) -> list[OptimizerRuns]:
    """The optimizers of one run, each with its readable evaluations; the rest is noted."""
    found = []
    for name, recorded in run.manifest.optimizers.items():
        evaluations = tuple(Evaluation(*one, recorded.is_search) for one in run.evaluations(name))
        if not evaluations:
            run.problems.append(f"{name} has nothing readable and is left out")
            continue
        trained, agents = recorded.trainable, recorded.agents
        found.append(
            OptimizerRuns(name, name, run, evaluations, trained, agents, run.learning(name))
        )
    return found


def check_same_benchmark(runs: Sequence[Run]) -> None:
    """Refuse to put numbers beside each other that are made from different data.

    Raises:
        UserError: names the run and what differs.
    """
    first = runs[0].manifest.benchmark
    for run in runs[1:]:
        other = run.manifest.benchmark
        for key in ("name", "files"):
            if getattr(other, key) != getattr(first, key):
                raise UserError(
                    f"runs on one benchmark ({first.name}), with the same {key}",
                    f"{other.name} with other {key} in {run.folder.path}",
                    "name the runs of one benchmark",
                )


def names_of_runs(runs: Sequence[Run]) -> list[str]:
    """A different name for each run: its own, else its folder's, else with a number."""
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [run.folder.path.resolve().name for run in runs]
    taken = Counter(names)
    return [
        f"{name} #{number}" if taken[name] > 1 else name for number, name in enumerate(names, 1)
    ]


def _with_different_names(
    found: Sequence[OptimizerRuns], runs: Sequence[Run]
) -> tuple[OptimizerRuns, ...]:
    """Append the run's name to an optimizer's where two runs have one of that name."""
    names = dict(zip((id(run) for run in runs), names_of_runs(runs), strict=True))
    taken = Counter(optimizer.registered for optimizer in found)
    return tuple(
        replace(one, name=f"{one.registered} ({names[id(one.run)]})")
        if taken[one.registered] > 1
        else one
        for one in found
    )
