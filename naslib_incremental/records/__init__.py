"""The run folder: what is in it, how it is written and checked, and typed access to it.

The harness writes through this room, reports read through it, and so can anybody::

    from naslib_incremental.records import open_run

    run = open_run("runs/nasbench_graph-cora-1a2b3c4d5e")
    run.manifest.benchmark.label
    run.episodes()  # a DataFrame, one row per episode
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
    from naslib_incremental.records.episodes import (
        Episodes,
        Incumbents,
        read_episodes,
        write_episodes,
    )
    from naslib_incremental.records.files import DamagedRecordError
    from naslib_incremental.records.folder import RunFolder
    from naslib_incremental.records.manifest import Manifest
    from naslib_incremental.records.run import Run, open_run
    from naslib_incremental.records.study import StudyRecord, is_study, open_study
    from naslib_incremental.records.suite import SuiteRecord, is_suite, open_suite
    from naslib_incremental.records.tasks import EvaluationTask, Task, TrainingTask
    from naslib_incremental.records.training import LearningLog, TrainingResult, read_learning

__all__ = [
    "DamagedRecordError",
    "Episodes",
    "EvaluationTask",
    "Incumbents",
    "LearningLog",
    "Manifest",
    "Run",
    "RunFolder",
    "StudyRecord",
    "SuiteRecord",
    "Task",
    "TrainingResult",
    "TrainingTask",
    "is_study",
    "is_suite",
    "open_run",
    "open_study",
    "open_suite",
    "read_episodes",
    "read_learning",
    "write_episodes",
]

__getattr__, __dir__ = lazy_face(
    __name__,
    {
        **dict.fromkeys(("Episodes", "Incumbents", "read_episodes", "write_episodes"), "episodes"),
        **dict.fromkeys(("Run", "open_run"), "run"),
        **dict.fromkeys(("StudyRecord", "is_study", "open_study"), "study"),
        **dict.fromkeys(("SuiteRecord", "is_suite", "open_suite"), "suite"),
        **dict.fromkeys(("EvaluationTask", "Task", "TrainingTask"), "tasks"),
        **dict.fromkeys(("LearningLog", "TrainingResult", "read_learning"), "training"),
        "DamagedRecordError": "files",
        "Manifest": "manifest",
        "RunFolder": "folder",
    },
)
