"""Evaluation of optimizers, with several agents, on the same sets of starts, into a run folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from naslib_incremental.harness.config import RunConfig

if TYPE_CHECKING:
    from naslib_incremental.harness.runner import WorkFailedError, run

__all__ = ["RunConfig", "WorkFailedError", "run"]


def __getattr__(name: str) -> Any:
    # Late, so that a command line that only asks for help does not load what writes files.
    if name in __all__:
        from naslib_incremental.harness import runner

        return getattr(runner, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
