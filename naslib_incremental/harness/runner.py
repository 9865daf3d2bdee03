"""Runs from start to finish, or from where they were left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from naslib_incremental.harness.config import RunConfig
from naslib_incremental.harness.execute import UnfinishedRun, execute
from naslib_incremental.harness.job import Job, make_job, opened
from naslib_incremental.harness.plan import Plan, make_plan
from naslib_incremental.harness.progress import Progress, open_progress
from naslib_incremental.harness.provenance import LiveManifest, usable_cores
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.harness.workers import LocalProcesses, Workers
from naslib_incremental.records.folder import unwritable


class WorkFailedError(Exception):
    """Some pieces of work failed; the others are finished.

    Args:
        folder: where the finished ones are.
        failures: what failed.
    """

    def __init__(self, folder: Path, failures: Sequence[Failure]) -> None:
        first = failures[0]
        super().__init__(
            f"failed pieces of work: {len(failures)}, the first: {first.task}: {first.reason}; "
            f"what is finished stays in {folder}, running it again does the rest"
        )
        self.failures = tuple(failures)


class TracesOfWorkersError(Exception):
    """The tracebacks that other processes left behind, as the cause of an error here."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def run(
    config: RunConfig,
    out: Path,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    command: str = "",
    show: Callable[[Plan], Progress] = open_progress,
    start_workers: Callable[[int], Workers] = LocalProcesses,
) -> Path:
    """Train and evaluate everything that is not finished yet.

    Args:
        config: what to run; its hash names the run folder, so that the same config resumes.
        out: folder of run folders.
        workers: how many pieces of work are done side by side; default: one per usable core.
        overwrite: begin again.
        command: what was typed, for the manifest.
        show: makes the live progress of what is left to do.
        start_workers: makes the workers.

    Returns:
        The run folder.

    Raises:
        UserError: something is wrong that the user can mend.
        WorkFailedError: a piece of work failed; the others are finished.
    """
    job = make_job(config, out)
    with ExitStack() as locks:
        rest = _left_to_do("", job, locks, overwrite, command)
        if rest:
            _work([rest], job.folder.path, workers, show, start_workers)
            # When the work is done, so that nothing else keeps the cores busy.
            manifest = LiveManifest(job, command)
            manifest.measure_throughput()
            manifest.save(complete=True)
    return job.folder.path


class Runs(Protocol):
    """Several runs with a folder of their own, such as those of a study."""

    @property
    def folder(self) -> Path:
        """Where the user finds them."""

    @property
    def jobs(self) -> Mapping[str, Job]:
        """By what each is for."""

    def describe(self, command: str) -> None:
        """Write the folder's description."""


def run_all(
    runs: Runs,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    command: str = "",
    show: Callable[[Plan], Progress] = open_progress,
    start_workers: Callable[[int], Workers] = LocalProcesses,
) -> Path:
    """Do several runs with the same workers: one begins when those before leave some idle.

    Args:
        runs: what to do; runs that are finished are not done again.
        workers: how many pieces of work are done side by side; default: one per usable core.
        overwrite: begin again.
        command: what was typed, for the manifests.
        show: makes the live progress of what is left to do.
        start_workers: makes the workers.

    Returns:
        The folder of all.

    Raises:
        UserError: something is wrong that the user can mend.
        WorkFailedError: some pieces of work failed; all others are finished.
    """
    try:
        runs.describe(command)
    except OSError as error:
        raise unwritable(runs.folder, error) from error
    with ExitStack() as locks:
        found = [
            _left_to_do(f"run {number} of {len(runs.jobs)}: {use}", job, locks, overwrite, command)
            for number, (use, job) in enumerate(runs.jobs.items(), 1)
        ]
        rest = [one for one in found if one]
        if rest:
            _work(rest, runs.folder, workers, show, start_workers)
    return runs.folder


def _left_to_do(
    title: str, job: Job, locks: ExitStack, overwrite: bool, command: str
) -> UnfinishedRun | None:
    """Take hold of a run's folder and look what is missing there; None for nothing."""
    locks.enter_context(job.folder.locked())
    # The list of optimizers is complete, so that nothing is to be put beside them.
    job.folder.prepare({**job.config.flat(), "baselines": False}, overwrite)
    rest = make_plan(job.config).without(job.folder.is_finished)
    if len(rest):
        return UnfinishedRun(title, job, rest, command)
    LiveManifest(job, command).save(complete=True)
    return None


def _work(
    runs: Sequence[UnfinishedRun],
    folder: Path,
    workers: int | None,
    show: Callable[[Plan], Progress],
    start_workers: Callable[[int], Workers],
) -> None:
    rest = Plan.of([run.rest for run in runs])
    count = max(1, min(workers or usable_cores(), len(rest)))
    progress = show(rest)
    progress.agents.metric = opened(runs[0].job.config.benchmark).metric
    failures = execute(runs, start_workers(count), progress, folder)
    if failures:
        mendable = failures[0].user_error
        if mendable is not None:
            raise mendable
        traces = "\n".join(failure.trace for failure in failures)
        raise WorkFailedError(folder, failures) from TracesOfWorkersError(traces)
