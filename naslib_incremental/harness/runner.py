"""One run from start to finish, or from where it was left."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from naslib_incremental.errors import UserError
from naslib_incremental.harness.config import RunConfig
from naslib_incremental.harness.execute import execute
from naslib_incremental.harness.job import Job, make_job
from naslib_incremental.harness.manifest import Manifest, usable_cores
from naslib_incremental.harness.plan import Plan, make_plan
from naslib_incremental.harness.progress import Progress, open_progress
from naslib_incremental.harness.run_folder import is_finished, locked, prepare, remove_temporaries
from naslib_incremental.harness.tasks import Failure
from naslib_incremental.harness.workers import LocalProcesses, Workers


class WorkFailedError(Exception):
    """Some pieces of work failed; the others are finished.

    Args:
        folder: the run folder.
        failures: what failed.
    """

    def __init__(self, folder: Path, failures: Sequence[Failure]) -> None:
        first = failures[0]
        super().__init__(
            f"failed pieces of work: {len(failures)}, the first: {first.item}: {first.reason}; "
            f"what is finished stays in {folder}, the same command does the rest"
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
        config: what to run; its hash names the run folder, so that the same config goes on.
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
    with locked(job):
        prepare(job, overwrite)
        rest = make_plan(config).without(lambda item: is_finished(job, item, _note))
        manifest = Manifest(job, command)
        manifest.save(complete=not len(rest))
        if len(rest):
            _work(job, rest, manifest, show(rest), start_workers(_count(workers, rest)))
    return job.folder


def _work(job: Job, rest: Plan, manifest: Manifest, progress: Progress, workers: Workers) -> None:
    failures: list[Failure] | None = None
    try:
        failures = execute(job, rest, workers, progress, manifest.save_now_and_then)
    finally:
        progress.close()
        # Whatever ended the work, a full disk included, is what the user must hear of.
        with contextlib.suppress(OSError):
            remove_temporaries(job)
            manifest.save()
    if failures:
        mendable = failures[0].user_error
        if mendable is not None:
            raise UserError(*mendable)
        traces = "\n".join(failure.trace for failure in failures)
        raise WorkFailedError(job.folder, failures) from TracesOfWorkersError(traces)
    manifest.measure_throughput()
    manifest.save(complete=True)


def _count(workers: int | None, rest: Plan) -> int:
    return max(1, min(workers or usable_cores(), len(rest)))


def _note(text: str) -> None:
    print(text, file=sys.stderr)
