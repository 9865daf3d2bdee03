"""Evaluation of optimizers, with several agents, on the same sets of starts, into a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
    from naslib_incremental.harness.config import RunConfig
    from naslib_incremental.harness.runner import WorkFailedError, run

__all__ = ["RunConfig", "WorkFailedError", "run"]

__getattr__, __dir__ = lazy_face(
    __name__, {"RunConfig": "config", "WorkFailedError": "runner", "run": "runner"}
)
