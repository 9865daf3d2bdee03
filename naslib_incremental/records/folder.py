"""Places in a run folder, who may write there, and what of it is done."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml
from filelock import FileLock, Timeout

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.foundation.storage import write_text
from naslib_incremental.records.episodes import Episodes, read_episodes
from naslib_incremental.records.files import DamagedRecordError
from naslib_incremental.records.manifest import MANIFEST
from naslib_incremental.records.tasks import EvaluationTask, Task, TrainingTask
from naslib_incremental.records.training import read_training

logger = logging.getLogger(__name__)

LOCK = ".lock"
CONFIG = "config.yaml"
AGENTS, EPISODES, REPORT = "agents", "episodes", "report"
# Only these are written by a run, so that only these are removed by overwriting one.
OWN = (AGENTS, EPISODES, REPORT, MANIFEST, CONFIG)


class RunFolder:
    """A run folder by its path; nothing is read or written until it is asked for.

    Args:
        path: of the folder.
        config_hash: of the run that it belongs to.
        benchmark: full name.
        episodes: E, episodes of each evaluation task, by optimizer.
        metric: of the benchmark.
    """

    def __init__(
        self,
        path: Path,
        config_hash: str,
        benchmark: str,
        episodes: Mapping[str, int],
        metric: Metric = ACCURACY,
    ) -> None:
        self.path = path
        self.config_hash = config_hash
        self.benchmark = benchmark
        self.episodes = episodes
        self.metric = metric

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    def agent_folder(self, task: Task) -> Path:
        """Where an agent's weights, checkpoints and logs lie."""
        return self.path / AGENTS / task.optimizer / f"agent{task.agent_seed}"

    def file(self, task: Task) -> Path:
        """The file that is there once a task is done: a training's result, or its episodes."""
        if isinstance(task, TrainingTask):
            return self.agent_folder(task) / "training.json"
        name = f"agent{task.agent_seed}-set{task.start_set}.parquet"
        return self.path / EPISODES / task.optimizer / name

    def read(self, task: EvaluationTask, *, starts: bool = False) -> Episodes:
        """The episodes of a task.

        Args:
            task: which.
            starts: whether to read the starts' texts too.

        Raises:
            DamagedRecordError: its file is missing, broken, or belongs elsewhere.
        """
        return read_episodes(
            self.file(task),
            task,
            config_hash=self.config_hash,
            benchmark=self.benchmark,
            metric=self.metric,
            rows=self.episodes[task.optimizer],
            starts=starts,
        )

    def is_finished(self, task: Task) -> bool:
        """Whether a task is done and its file sound; a damaged file is removed, with a note."""
        path = self.file(task)
        if not path.exists():
            return False
        try:
            if isinstance(task, TrainingTask):
                read_training(path, self.config_hash)
            else:
                self.read(task, starts=True)
        except DamagedRecordError as error:
            logger.warning("damaged, done again: %s (%s)", path, error)
            path.unlink()
            return False
        return True

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; it is made if need be.

        Raises:
            UserError: another process holds it, or it cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / LOCK, timeout=0)
            lock.acquire()
        except Timeout as error:
            raise UserError(
                "a run folder that no other process works in",
                f"{self.path}, which is locked",
                "wait for the other process, or give another folder",
                setting="out",
            ) from error
        except OSError as error:
            raise unwritable(self.path, error) from error
        try:
            yield
        finally:
            lock.release()

    def prepare(self, config: Mapping[str, Any], overwrite: bool) -> None:
        """Clear what an interruption left half-written, or everything, and write the config.

        Args:
            config: the run's options by name, plain values; kept as ``config.yaml``.
            overwrite: begin again.

        Raises:
            UserError: the folder cannot be written.
        """
        try:
            if overwrite:
                for name in OWN:
                    _remove(self.path / name)
            self.remove_temporaries()
            plain = msgspec.json.decode(msgspec.json.encode(config))
            write_text(self.path / CONFIG, yaml.safe_dump(plain, sort_keys=False))
        except OSError as error:
            raise unwritable(self.path, error) from error

    def remove_temporaries(self) -> None:
        """Remove files whose writing was interrupted."""
        for stale in self.path.rglob(".*.tmp"):
            stale.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> UserError:
    """The error of a folder that cannot be written to."""
    got = f"{path} ({error.strerror or error})"
    return UserError("a folder that can be written to", got, "give another folder", setting="out")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
