"""A run folder opened for reading: its manifest, episodes, learning curves and agents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.records.episodes import Episodes, as_columns
from naslib_incremental.records.files import DamagedRecordError
from naslib_incremental.records.folder import RunFolder
from naslib_incremental.records.manifest import Manifest, read_manifest
from naslib_incremental.records.tasks import EvaluationTask, TrainingTask
from naslib_incremental.records.training import read_learning

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """Typed access to a run folder.

    Attributes:
        folder: where everything lies.
        manifest: what the run is made from.
        problems: one line for each thing that was found damaged or missing so far, and left out.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        benchmark = manifest.benchmark
        episodes = {name: one.episodes for name, one in manifest.optimizers.items()}
        self.folder = RunFolder(
            path, manifest.config_hash, benchmark.name, episodes, benchmark.metric
        )
        self.problems: list[str] = [] if manifest.complete else ["the run is not complete"]

    def __repr__(self) -> str:
        names = ", ".join(self.manifest.optimizers)
        return f"<Run {self.name}: {names} on {self.manifest.benchmark.name}>"

    @property
    def name(self) -> str:
        """The run's name."""
        return self.manifest.run

    def tasks(self, optimizer: str) -> list[EvaluationTask]:
        """All evaluation tasks of an optimizer, done or not, in the order of agents and sets."""
        settings = self.manifest.settings
        grid = product(range(settings.seeds), range(settings.start_sets))
        return [EvaluationTask(optimizer, agent, start_set) for agent, start_set in grid]

    def evaluations(
        self, optimizer: str, *, starts: bool = False
    ) -> Iterator[tuple[EvaluationTask, Episodes]]:
        """The readable tasks of an optimizer with their episodes; others are noted as problems."""
        for task in self.tasks(optimizer):
            path = self.folder.file(task)
            where = path.relative_to(self.folder.path)
            if not path.exists():
                self._note(f"{where} is missing and left out")
                continue
            try:
                episodes = self.folder.read(task, starts=starts)
            except DamagedRecordError as error:
                self._note(f"{where} is damaged and left out ({error})")
                continue
            yield task, episodes

    def episodes(self, *optimizers: str) -> pd.DataFrame:
        """All episodes, one row each: labels, start, final, accuracies, steps, queries.

        Args:
            *optimizers: some of the run's; none for all.

        Raises:
            UserError: there are none.
        """
        import pandas as pd

        benchmark = self.manifest.benchmark.name
        parts = [
            pd.DataFrame(as_columns(task, benchmark, episodes))
            for optimizer in optimizers or self.manifest.optimizers
            for task, episodes in self.evaluations(optimizer, starts=True)
        ]
        if not parts:
            got = "; ".join(self.problems[:3]) or "no optimizers"
            raise UserError(f"readable episodes in {self.folder.path}", got, "run it again")
        frame: pd.DataFrame = pd.concat(parts, ignore_index=True)
        typed: pd.DataFrame = frame.astype(dict.fromkeys(("optimizer", "benchmark"), "category"))
        return typed

    def agents(self) -> dict[TrainingTask, Path]:
        """Folders of the trained agents."""
        tasks = (
            TrainingTask(name, agent.agent_seed)
            for name, optimizer in self.manifest.optimizers.items()
            for agent in optimizer.agents
        )
        return {task: self.folder.agent_folder(task) for task in tasks}

    def learning(self, optimizer: str) -> dict[int, pd.DataFrame]:
        """Learning curves of an optimizer's agents, trained or under way, by agent seed."""
        found = {}
        for agent_seed in range(self.manifest.settings.seeds):
            curve = read_learning(self.folder.agent_folder(TrainingTask(optimizer, agent_seed)))
            if len(curve):
                found[agent_seed] = curve
        return found

    def _note(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def open_run(folder: str | Path) -> Run:
    """Open a run folder for reading.

    Raises:
        MissingFileError: it is no run folder.
        UserError: its manifest is broken, or of another format.
    """
    path = Path(folder)
    return Run(path, read_manifest(path))
