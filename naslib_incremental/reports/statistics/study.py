"""A study: what agents did that were trained with one value of one factor each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.records import Manifest, StudyRecord, open_study
from naslib_incremental.reports.statistics.runs import Evaluation, OptimizerRuns, read_runs
from naslib_incremental.reports.statistics.searches import cut


@dataclass(frozen=True)
class LevelRuns:
    """One value of a factor, and what agents that were trained with it did.

    Attributes:
        variant: what is changed besides, ``BASE`` for nothing.
        factor: what is varied.
        value: as text.
        runs: the agents' episodes and learning curves.
    """

    variant: str
    factor: str
    value: str
    runs: OptimizerRuns

    def finals(self) -> NDArray[np.float64]:
        """[A] mean validation accuracy of the final architectures, by agent."""
        return self._by_agent(
            lambda found: np.concatenate([o.episodes.final_validation for o in found]).mean()
        )

    def best_found(self, budget: int) -> NDArray[np.float64]:
        """[A] best validation accuracy found with so many queries, mean over searches, by agent."""
        return self._by_agent(lambda found: cut(found, budget).finals[:, 0].mean())

    def _by_agent(self, number: Callable[[Sequence[Evaluation]], Any]) -> NDArray[np.float64]:
        found = defaultdict(list)
        for one in self.runs.evaluations:
            found[one.task.agent_seed].append(one)
        return np.array([number(of_one) for of_one in found.values()])


@dataclass(frozen=True)
class StudyRuns:
    """All that a study has trained so far.

    Attributes:
        record: content of ``study.json``.
        manifest: of one of its runs; they differ only in what is varied.
        levels: by variant, factor and value, without those that have nothing to read yet.
        problems: one line for each thing that is missing or damaged, and left out.
    """

    record: StudyRecord
    manifest: Manifest
    levels: tuple[LevelRuns, ...]
    problems: tuple[str, ...]

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets, ascending."""
        return self.manifest.budgets

    @property
    def made_from(self) -> str:
        """What the numbers are made from, for captions."""
        benchmark = self.manifest.benchmark
        return benchmark.label or benchmark.name

    @property
    def factors(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(dict.fromkeys(level.factor for level in self.levels))

    @property
    def variants(self) -> tuple[str, ...]:
        """The base, and what it is compared with."""
        return tuple(dict.fromkeys(level.variant for level in self.levels))

    def of(self, variant: str, factor: str) -> list[LevelRuns]:
        """The values of one factor around one variant."""
        return [
            level for level in self.levels if (level.variant, level.factor) == (variant, factor)
        ]


def read_study(folder: Path) -> StudyRuns:
    """Load a study and its runs.

    Raises:
        UserError: the description is broken or of another format, or no run is readable.
    """
    record = open_study(folder)
    problems: dict[str, None] = {}
    manifest: Manifest | None = None
    levels = []
    for level in record.levels:
        try:
            found = read_runs([folder / level.run])
        except UserError as error:
            problems[f"{level.factor}={level.value}: {error.got}"] = None
            continue
        problems |= dict.fromkeys(found.problems)
        manifest = found.runs[0].manifest
        runs = found.optimizers[0]
        levels.append(LevelRuns(level.variant, level.factor, level.value, runs))
    if manifest is None:
        raise UserError(
            "a study with at least one finished evaluation",
            f"none in {folder}",
            "run it again, which does what is missing",
        )
    return StudyRuns(record, manifest, tuple(levels), tuple(problems))
