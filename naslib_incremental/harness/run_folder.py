"""The run folder: locked while in use, and resumable after any interruption."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import yaml
from filelock import FileLock, Timeout

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import write_text
from naslib_incremental.harness.cells import DamagedCellError, check_cell
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import Agent, Cell
from naslib_incremental.optimizers import Training

LOCK = ".lock"
# Only these are written by a run, so that only these are removed by overwriting one.
OWN = ("agents", "cells", "report", "manifest.json", "config.yaml")


@contextmanager
def locked(job: Job) -> Iterator[None]:
    """Hold the run folder; it is made if need be.

    Raises:
        UserError: another process holds it, or it cannot be written.
    """
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(job.folder / LOCK, timeout=0)
        lock.acquire()
    except Timeout as error:
        raise UserError(
            "a run folder that no other process works in",
            f"{job.folder}, which is locked",
            "wait for the other process, or give another --out",
        ) from error
    except OSError as error:
        raise _unwritable(job, error) from error
    try:
        yield
    finally:
        lock.release()


def prepare(job: Job, overwrite: bool) -> None:
    """Clear what an interruption left half-written, or everything, and write the config.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        if overwrite:
            for name in OWN:
                _remove(job, name)
        remove_temporaries(job)
        # The list of optimizers is complete, so that nothing is to be put beside them.
        settings = {**job.config.flat(), "baselines": False}
        plain = json.loads(json.dumps(settings))
        write_text(job.folder / "config.yaml", yaml.safe_dump(plain, sort_keys=False))
    except OSError as error:
        raise _unwritable(job, error) from error


def remove_temporaries(job: Job) -> None:
    """Remove files whose writing was interrupted."""
    for stale in job.folder.rglob(".*.tmp"):
        stale.unlink(missing_ok=True)


def _remove(job: Job, name: str) -> None:
    path = job.folder / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _unwritable(job: Job, error: OSError) -> UserError:
    return UserError(
        "a folder that can be written to",
        f"{job.folder} ({error.strerror or error})",
        "give another --out",
    )


def is_finished(job: Job, item: Agent | Cell, note: Callable[[str], None]) -> bool:
    """Whether a piece of work is done and its file sound.

    Args:
        job: the run.
        item: the piece of work.
        note: told about files that are damaged, which are then removed.
    """
    path = job.file(item)
    if not path.exists():
        return False
    try:
        if isinstance(item, Agent):
            read_training(job, item)
        else:
            check_cell(path, item, job.config.episodes, job.config_hash)
    except DamagedCellError as error:
        note(f"damaged, done again: {path} ({error})")
        path.unlink()
        return False
    return True


def write_training(job: Job, agent: Agent, training: Training) -> None:
    """Record that an agent is trained, and what that cost."""
    record = {"config_hash": job.config_hash, **asdict(training)}
    write_text(job.file(agent), json.dumps(record, indent=1))


def read_training(job: Job, agent: Agent) -> Training:
    """What training an agent cost.

    Raises:
        DamagedCellError: the record is broken, or belongs to another run.
    """
    try:
        record = json.loads(job.file(agent).read_text(encoding="utf-8"))
        belongs = record.pop("config_hash") == job.config_hash
        training = Training(**record)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise DamagedCellError(f"cannot be read ({error})") from error
    if not belongs:
        raise DamagedCellError("belongs to another run")
    return training
