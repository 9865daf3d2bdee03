"""Suites: the same optimizers on several benchmarks, such as each data set of a family in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness.config import RunConfig
from naslib_incremental.harness.job import HASH_DIGITS, Job, make_job
from naslib_incremental.harness.plan import Plan, make_plan
from naslib_incremental.optimizers import TrainableOptimizer, load_optimizer
from naslib_incremental.records.suite import MemberRecord, SuiteRecord, write_suite


@dataclass(frozen=True)
class Suite:
    """Several runs made concrete.

    Attributes:
        folder: of the suite; the run folders lie beside it.
        jobs: by benchmark.
        record: what the folder's description says.
    """

    folder: Path
    jobs: dict[str, Job]
    record: SuiteRecord

    @property
    def plans(self) -> list[tuple[Job, Plan]]:
        """All runs with their pieces of work, finished ones too."""
        return [(job, make_plan(job.config)) for job in self.jobs.values()]

    def describe(self, command: str) -> None:
        """Write the folder's description."""
        write_suite(self.folder, replace(self.record, command=command))


def make_suite(config: RunConfig, benchmarks: Sequence[str], out: Path) -> Suite:
    """Check the config on every benchmark, and name the folders.

    Args:
        config: all but the benchmark.
        benchmarks: full names, at least one.
        out: folder of run folders.

    Raises:
        UserError: as for each of the runs.
    """
    jobs = {name: make_job(replace(config, benchmark=name), out) for name in benchmarks}
    runs = sorted(job.folder.name for job in jobs.values())
    digest = sha256("\n".join(runs).encode()).hexdigest()[:HASH_DIGITS]
    families = {name.partition("/")[0] for name in benchmarks}
    folder = out.absolute() / f"{'-'.join(sorted(families))}-suite-{digest}"
    members = tuple(MemberRecord(name, job.folder.name) for name, job in jobs.items())
    return Suite(folder, jobs, SuiteRecord(folder.name, members))


def left_out_in_turn(family: str, config: RunConfig) -> tuple[str, ...]:
    """The data sets of a family, each of which is searched by agents that learned on the others.

    Args:
        family: registry name of a benchmark.
        config: of the runs.

    Raises:
        UserError: the family has no two data sets, or an optimizer learns on what it searches.
    """
    datasets = BENCHMARKS.load(family).datasets
    if len(datasets) < 2:
        got = f"{family}, which has {len(datasets)}"
        expected = "a benchmark with several data sets of one space"
        raise UserError(expected, got, "name another", setting="leave_one_out")
    for name in config.optimizers:
        kind = load_optimizer(name)
        if issubclass(kind, TrainableOptimizer) and not kind.learns_elsewhere:
            expected = "optimizers that learn elsewhere than on what they search"
            raise UserError(expected, name, "leave it out", setting="optimizer")
    return tuple(f"{family}/{dataset}" for dataset in datasets)
