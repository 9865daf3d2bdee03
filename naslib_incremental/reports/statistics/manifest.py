"""The manifest of a run folder: what was run, on which data, with which budgets."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from naslib_incremental.foundation.errors import UserError

FORMAT = 1


@dataclass(frozen=True)
class Run:
    """One run folder's manifest.

    Attributes:
        folder: the run folder.
        manifest: manifest.json as it stands.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The run's own name."""
        return str(self.manifest["run"])

    @property
    def reproducible(self) -> bool:
        """Whether the same seed gives the same run again."""
        return bool(self.manifest.get("reproducible", True))


def read_manifest(folder: Path) -> Run:
    """The manifest of a run folder.

    Raises:
        UserError: there is none, it is damaged, or of another format.
    """
    path = folder / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        got = f"{folder} ({error.strerror})" if isinstance(error, OSError) else f"a damaged {path}"
        raise UserError(
            "a run folder, with a manifest.json", got, "naslib-run, or name another folder"
        ) from error
    wrong = _wrong_keys(manifest)
    if wrong:
        raise UserError(
            "a manifest as naslib-run writes it",
            f"{path} with missing or wrong {', '.join(wrong)}",
            "name another folder",
        )
    if manifest["format"] != FORMAT:
        raise UserError(
            f"run folder format {FORMAT}",
            f"format {manifest['format']} in {path}",
            "pip install --upgrade naslib-incremental",
        )
    return Run(folder, manifest)


def _wrong_keys(manifest: Any) -> list[str]:
    """Keys that a report cannot do without and that are missing or of a wrong kind."""
    if not isinstance(manifest, dict):
        return ["top level"]
    optimizers, budgets = manifest.get("optimizers"), manifest.get("budgets")
    benchmark = manifest.get("benchmark")
    right = {
        "format": "format" in manifest,
        "run": isinstance(manifest.get("run"), str),
        "benchmark": isinstance(benchmark, dict) and isinstance(benchmark.get("name"), str),
        "optimizers": isinstance(optimizers, dict)
        and all(isinstance(described, dict) for described in optimizers.values()),
        "budgets": isinstance(budgets, list)
        and bool(budgets)
        and all(type(budget) is int and budget > 0 for budget in budgets),
    }
    return [key for key, holds in right.items() if not holds]


def check_same_benchmark(runs: Sequence[Run]) -> None:
    """Refuse to put numbers beside each other that are made from different data."""
    first = runs[0].manifest["benchmark"]
    for run in runs[1:]:
        other = run.manifest["benchmark"]
        for key in ("name", "files"):
            if other.get(key) != first.get(key):
                raise UserError(
                    f"runs on one benchmark ({first['name']}), with the same {key}",
                    f"{other['name']} with other {key} in {run.folder}",
                    "naslib-report with the runs of one benchmark",
                )


def names_of_runs(runs: Sequence[Run]) -> list[str]:
    """A different name for each run: its own, else its folder's, else with a number."""
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        names = [run.folder.resolve().name for run in runs]
    taken = Counter(names)
    return [
        f"{name} #{number}" if taken[name] > 1 else name for number, name in enumerate(names, 1)
    ]
