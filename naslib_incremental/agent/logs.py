"""Training logs: one JSON line and one TensorBoard point per record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from naslib_incremental.foundation.storage import write_text


class TrainingLog:
    """Writes ``progress.jsonl`` and TensorBoard events; records after ``steps`` are dropped first.

    Args:
        folder: the agent's folder.
        steps: environment steps that a resumed training starts from, 0 for a new one.
    """

    def __init__(self, folder: Path, steps: int) -> None:
        self.path = folder / "progress.jsonl"
        kept = [line for line in _lines(self.path) if _step(line) <= steps]
        write_text(self.path, "".join(f"{line}\n" for line in kept))
        self.events = SummaryWriter(
            str(folder / "tensorboard"), purge_step=steps + 1 if steps else None
        )

    def record(self, step: int, figures: Mapping[str, float]) -> None:
        """Append one record."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **figures}) + "\n")
        for name, value in figures.items():
            self.events.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush what is buffered."""
        self.events.close()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _step(line: str) -> float:
    """The step of a record; a line cut off by a crash counts as after everything."""
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")
