"""Ablations: one factor at a time around a base config (paper, section 5), one run per value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from naslib_incremental.harness.config import RunConfig
from naslib_incremental.harness.job import Job, make_job, opened
from naslib_incremental.harness.plan import Plan, make_plan
from naslib_incremental.records.study import BASE, LevelRecord, StudyRecord, write_study


@dataclass(frozen=True)
class Level:
    """One value of one factor, and the config that has it.

    Attributes:
        variant: what is changed besides, ``BASE`` for nothing.
        factor: what is varied.
        value: as text.
        config: with this value and this change.
    """

    variant: str
    factor: str
    value: str
    config: RunConfig


@dataclass(frozen=True)
class Ablation:
    """A study.

    Attributes:
        base: the config that every value is put into; its hash names the study's folder, so that
            more factors and values are added to what is there.
        levels: by variant, the base first, factor and value.
    """

    base: RunConfig
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Study:
    """An ablation made concrete: checked, and with a run folder for each different config.

    Attributes:
        ablation: what was asked for.
        folder: the study's folder.
        jobs: by what a run is for, e.g. ``"gamma=0.9"``; equal configs share one.
        record: what the folder's description says.
    """

    ablation: Ablation
    folder: Path
    jobs: dict[str, Job]
    record: StudyRecord

    @property
    def plans(self) -> list[tuple[Job, Plan]]:
        """All runs with their pieces of work, finished ones too."""
        return [(job, make_plan(job.config)) for job in self.jobs.values()]

    def describe(self, command: str) -> None:
        """Write the folder's description."""
        write_study(self.folder, replace(self.record, command=command))


def make_study(ablation: Ablation, out: Path) -> Study:
    """Check every config, and name the folders.

    Raises:
        UserError: a value is out of range.
    """
    base = make_job(ablation.base, out)
    benchmark = ablation.base.benchmark
    digest = base.folder.name.rpartition("-")[2]
    folder = base.folder.path.with_name(f"{benchmark.replace('/', '-')}-ablation-{digest}")
    uses: dict[str, list[str]] = {}
    found: dict[str, Job] = {}
    levels = []
    for level in ablation.levels:
        job = make_job(level.config, folder)
        name = job.folder.name
        found.setdefault(name, job)
        besides = "" if level.variant == BASE else f" with {level.variant}"
        uses.setdefault(name, []).append(f"{level.factor}={level.value}{besides}")
        levels.append(LevelRecord(level.variant, level.factor, level.value, name))
    record = StudyRecord(
        study=folder.name,
        benchmark=benchmark,
        max_degree=opened(benchmark).space.max_degree,
        base=base.config.flat(),
        levels=tuple(levels),
    )
    jobs = {", ".join(uses[name]): job for name, job in found.items()}
    return Study(ablation, folder, jobs, record)
