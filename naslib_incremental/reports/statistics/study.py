"""A study's folder: ``study.json`` says which run belongs to which value of which factor."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports.statistics.budgets import cut
from naslib_incremental.reports.statistics.cells import Cell
from naslib_incremental.reports.statistics.reading import OptimizerRuns, read_runs

STUDY = "study.json"
FORMAT = 1
BASE = "base"


@dataclass(frozen=True)
class Level:
    """One value of a factor, and what agents that were trained with it did.

    Attributes:
        variant: what is changed besides, ``BASE`` for nothing.
        factor: what is varied.
        value: as text.
        runs: the agents' cells and learning curves.
    """

    variant: str
    factor: str
    value: str
    runs: OptimizerRuns

    def finals(self) -> NDArray[np.float64]:
        """[A] mean validation accuracy of the final architectures, by agent."""
        return self._by_agent(
            lambda cells: np.concatenate([cell.final_validation for cell in cells]).mean()
        )

    def best_found(self, budget: int) -> NDArray[np.float64]:
        """[A] best validation accuracy found with so many queries, mean over runs, by agent."""
        return self._by_agent(lambda cells: cut(cells, budget).finals[:, 0].mean())

    def _by_agent(self, number: Callable[[Sequence[Cell]], Any]) -> NDArray[np.float64]:
        cells = defaultdict(list)
        for cell in self.runs.cells:
            cells[cell.agent_seed].append(cell)
        return np.array([number(of_one) for of_one in cells.values()])


@dataclass(frozen=True)
class StudyRuns:
    """All that a study has trained so far.

    Attributes:
        description: content of ``study.json``.
        manifest: of one of its runs; they differ only in what is varied.
        levels: by variant, factor and value, without those that have nothing to read yet.
        problems: one line for each thing that is missing or damaged, and left out.
    """

    description: Mapping[str, Any]
    manifest: Mapping[str, Any]
    levels: tuple[Level, ...]
    problems: tuple[str, ...]

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets, ascending."""
        return tuple(self.manifest["budgets"])

    @property
    def made_from(self) -> str:
        """What the numbers are made from, for captions."""
        benchmark = self.manifest["benchmark"]
        return str(benchmark.get("label") or benchmark["name"])

    @property
    def factors(self) -> tuple[str, ...]:
        """What is varied."""
        return tuple(dict.fromkeys(level.factor for level in self.levels))

    @property
    def variants(self) -> tuple[str, ...]:
        """The base, and what it is compared with."""
        return tuple(dict.fromkeys(level.variant for level in self.levels))

    def of(self, variant: str, factor: str) -> list[Level]:
        """The values of one factor around one variant."""
        return [
            level for level in self.levels if (level.variant, level.factor) == (variant, factor)
        ]


def is_study(folder: Path) -> bool:
    """Whether a folder is that of an ablation rather than of a run."""
    return (folder / STUDY).is_file()


def read_study(folder: Path) -> StudyRuns:
    """Load a study and its runs.

    Raises:
        UserError: the description is damaged or of another format, or no run is readable.
    """
    description = _described(folder / STUDY)
    problems: dict[str, None] = {}
    manifest: Mapping[str, Any] = {}
    levels = []
    for variant in description["variants"]:
        for factor in variant["factors"]:
            for value in factor["values"]:
                try:
                    evaluation = read_runs([folder / value["run"]])
                except UserError as error:
                    problems[f"{factor['name']}={value['value']}: {error.got}"] = None
                    continue
                problems |= dict.fromkeys(evaluation.problems)
                manifest = evaluation.runs[0].manifest
                named = (variant["name"], factor["name"], value["value"])
                levels.append(Level(*named, evaluation.optimizers[0]))
    if not levels:
        raise UserError(
            "a study with at least one finished evaluation",
            f"none in {folder}",
            str(description.get("command") or "naslib-run --ablate, which goes on"),
        )
    return StudyRuns(description, manifest, tuple(levels), tuple(problems))


def _described(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = found["format"] == FORMAT
        for variant in found["variants"]:
            for factor in variant["factors"]:
                _ = [(value["value"], value["run"]) for value in factor["values"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            "a study.json as naslib-run --ablate writes it", f"a damaged {path}", "run it again"
        ) from error
    if not known:
        got = f"format {found['format']} in {path}"
        raise UserError(f"study format {FORMAT}", got, "pip install --upgrade naslib-incremental")
    return dict(found)
