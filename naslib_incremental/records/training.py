"""What the training of an agent leaves behind: what it cost, and the learning curve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from naslib_incremental.foundation.storage import write_text
from naslib_incremental.records.files import DamagedRecordError, read_json, write_json

if TYPE_CHECKING:
    import pandas as pd

LEARNING_CURVE = "progress.jsonl"


@dataclass(frozen=True)
class TrainingResult:
    """What training one agent cost.

    Attributes:
        steps: environment steps taken.
        queries: of the benchmarks that it learned from, while it learned, repeats included.
        distinct_queries: different architectures among these queries and those of the selection;
            the same architecture on two benchmarks counts twice.
        seconds: wall time, resumed parts included.
        details: anything else worth a line in the manifest, JSON values only.
        selection_queries: then asked to choose how the agent acts, each architecture once.
        best_validation: highest validation accuracy among all these answers; None where they come
            from several benchmarks, or nobody took note.
    """

    steps: int
    queries: int
    distinct_queries: int
    seconds: float
    details: Mapping[str, Any]
    selection_queries: int = 0
    best_validation: float | None = None


@dataclass(frozen=True)
class _Owned:
    config_hash: str
    result: TrainingResult


def write_training(path: Path, result: TrainingResult, config_hash: str) -> None:
    """Record that an agent of the run with this hash is trained, and what that cost."""
    write_json(path, _Owned(config_hash, result))


def read_training(path: Path, config_hash: str) -> TrainingResult:
    """What training an agent cost.

    Raises:
        DamagedRecordError: the record is broken, or belongs to another run.
    """
    owned = read_json(path, _Owned)
    if owned.config_hash != config_hash:
        raise DamagedRecordError("belongs to another run")
    return owned.result


class LearningLog:
    """Writes a learning curve, one JSON line per record; those after ``steps`` are dropped first.

    Args:
        folder: the agent's folder.
        steps: environment steps that a resumed training starts from, 0 for a new one.
    """

    def __init__(self, folder: Path, steps: int = 0) -> None:
        self.path = folder / LEARNING_CURVE
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        kept = [line for line in lines if (found := _parsed(line)) and found["step"] <= steps]
        write_text(self.path, "".join(f"{line}\n" for line in kept))

    def record(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one record."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")


def read_learning(folder: Path) -> pd.DataFrame:
    """The learning curve in an agent's folder: columns ``step`` and the figures, NaN where none.

    A line cut short by a crash is passed over; without a curve the frame is empty.
    """
    import pandas as pd

    path = folder / LEARNING_CURVE
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    records = [found for line in text.splitlines() if (found := _parsed(line))]
    curve: pd.DataFrame = pd.DataFrame(records, columns=None if records else ["step"])
    return curve


def _parsed(line: str) -> dict[str, Any] | None:
    """A record with its step; None where the line is no whole record."""
    try:
        found = json.loads(line)
        return found if isinstance(found["step"], (int, float)) else None
    except (ValueError, KeyError, TypeError):
        return None
