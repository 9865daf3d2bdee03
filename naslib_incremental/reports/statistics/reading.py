"""Run folders as arrays: the only door through which a report learns anything of a run."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports.statistics.cells import Cell, DamagedCellError, read_cell
from naslib_incremental.reports.statistics.manifest import (
    Run,
    check_same_benchmark,
    names_of_runs,
    read_manifest,
)

CELL_NAME = re.compile(r"agent(\d+)-set(\d+)\.parquet")


@dataclass(frozen=True)
class OptimizerRuns:
    """All that one optimizer did in one run.

    Attributes:
        name: name in the report, different for each.
        registered: name in the run folder.
        run: where it comes from.
        cells: readable cells, by agent seed and start set.
        trained: whether it learns to search before it is evaluated.
        training: one entry per trained agent.
        learning: [agents] (agent seed, lines of progress.jsonl).
    """

    name: str
    registered: str
    run: Run
    cells: tuple[Cell, ...]
    trained: bool
    training: tuple[Mapping[str, Any], ...]
    learning: tuple[tuple[int, tuple[Mapping[str, Any], ...]], ...]


@dataclass(frozen=True)
class Evaluation:
    """One or several runs side by side, on one benchmark.

    Attributes:
        runs: the run folders.
        optimizers: those with at least one readable cell; trained ones first.
        problems: one line for each thing that was damaged or missing, and left out.
    """

    runs: tuple[Run, ...]
    optimizers: tuple[OptimizerRuns, ...]
    problems: tuple[str, ...]

    @property
    def benchmark(self) -> Mapping[str, Any]:
        """The manifest's description of the benchmark, the same for all runs."""
        described: Mapping[str, Any] = self.runs[0].manifest["benchmark"]
        return described

    @property
    def budgets(self) -> tuple[int, ...]:
        """Query budgets of all runs, ascending."""
        return tuple(sorted({int(b) for run in self.runs for b in run.manifest["budgets"]}))


def read_runs(folders: Sequence[Path]) -> Evaluation:
    """Load run folders.

    Raises:
        UserError: a folder is no run folder, the runs are on different benchmarks, or no cell is
            readable.
    """
    runs = tuple(read_manifest(folder) for folder in folders)
    if not runs:
        raise UserError("one or more run folders", "none", "naslib-report RUN")
    check_same_benchmark(runs)
    problems: list[str] = []
    found = [
        optimizer
        for run, name in zip(runs, names_of_runs(runs), strict=True)
        for optimizer in _read_optimizers(run, name, problems)
    ]
    if not found:
        raise UserError(
            "a run folder with at least one readable cell",
            "; ".join(problems[:3]) or f"no optimizers in {folders[0]}",
            "naslib-run with the same options, which runs what is missing",
        )
    found.sort(key=lambda optimizer: not optimizer.trained)
    return Evaluation(runs, _with_different_names(found, runs), tuple(problems))


def _read_optimizers(run: Run, run_name: str, problems: list[str]) -> list[OptimizerRuns]:
    """The optimizers of one run, each with its readable cells; what is not readable is noted."""
    if run.manifest.get("complete") is False:
        problems.append(f"{run_name}: the run is not complete")
    optimizers = run.manifest["optimizers"]
    files = {name: _cell_files(run.folder / "cells" / name) for name in optimizers}
    grid = _expected_cells(run.manifest.get("config", {}), files)
    found = []
    for name, described in optimizers.items():
        cells = _read_cells(run, run_name, name, files[name], grid, problems)
        if not cells:
            problems.append(f"{run_name}: {name} has no readable cell and is left out")
            continue
        training = tuple(described.get("training") or ())
        agents = run.folder / "agents" / name
        trained = bool(training) or agents.is_dir()
        learning = _read_learning(agents, {agent for agent, _ in grid})
        found.append(OptimizerRuns(name, name, run, cells, trained, training, learning))
    return found


def _cell_files(folder: Path) -> dict[tuple[int, int], Path]:
    """Files of cells by agent seed and start set."""
    matches = ((CELL_NAME.fullmatch(path.name), path) for path in sorted(folder.glob("*.parquet")))
    return {(int(m[1]), int(m[2])): path for m, path in matches if m}


def _expected_cells(
    config: Mapping[str, Any], files: Mapping[str, Mapping[tuple[int, int], Path]]
) -> list[tuple[int, int]]:
    """The cells that each optimizer should have: those configured, or else those of any optimizer.

    A folder may hold more than was asked for last.
    """
    cells = [cell for found in files.values() for cell in found]
    agents = _numbered(config.get("seeds")) or {agent for agent, _ in cells}
    sets = _numbered(config.get("start-sets")) or {start_set for _, start_set in cells}
    return sorted(product(agents, sets))


def _numbered(option: Any) -> set[int]:
    """An option that is a count, or a list of numbers."""
    if isinstance(option, int):
        return set(range(option))
    return {int(number) for number in option} if isinstance(option, list) else set()


def _read_cells(
    run: Run,
    run_name: str,
    optimizer: str,
    files: Mapping[tuple[int, int], Path],
    grid: Sequence[tuple[int, int]],
    problems: list[str],
) -> tuple[Cell, ...]:
    """The readable cells of one optimizer."""
    cells = []
    for agent, start_set in grid:
        where = f"{run_name}: cells/{optimizer}/agent{agent}-set{start_set}.parquet"
        path = files.get((agent, start_set))
        if path is None:
            problems.append(f"{where} is missing and left out")
            continue
        benchmark = str(run.manifest["benchmark"]["name"])
        try:
            cells.append(read_cell(path, optimizer, benchmark, agent, start_set))
        except DamagedCellError as error:
            problems.append(f"{where} is damaged and left out ({error})")
    return tuple(cells)


def read_starts(runs: OptimizerRuns) -> tuple[Any, NDArray[np.float64]]:
    """The starts of all start sets that an optimizer has a readable cell of.

    Returns:
        [E] readable architectures, an arrow array, and [E] their validation accuracy.
    """
    cells = {cell.start_set: cell for cell in runs.cells}.values()
    folder = runs.run.folder / "cells" / runs.registered
    paths = [folder / f"agent{cell.agent_seed}-set{cell.start_set}.parquet" for cell in cells]
    tables = [
        pq.read_table(path, columns=["episode", "start"]).sort_by("episode") for path in paths
    ]
    texts = pa.chunked_array([table.column("start").combine_chunks() for table in tables])
    return texts, np.concatenate([cell.start_validation for cell in cells])


def _read_learning(
    folder: Path, agents: Collection[int]
) -> tuple[tuple[int, tuple[Mapping[str, Any], ...]], ...]:
    """Each agent's learning curve; a line cut short by a kill is passed over."""
    curves = []
    for path in sorted(folder.glob("agent*/progress.jsonl")):
        number = path.parent.name.removeprefix("agent")
        if number.isdigit() and int(number) in agents:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            curves.append((int(number), tuple(filter(None, map(_json_object, lines)))))
    return tuple(sorted(curves, key=lambda curve: curve[0]))


def _json_object(line: str) -> Mapping[str, Any] | None:
    """A line of JSON, None where it is no object."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


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
