"""The folder of a study: several runs around one config, and which run is for which value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from naslib_incremental.records.files import FORMAT, read_described, write_json

STUDY = "study.json"
BASE = "base"
"""The variant in which nothing but the factor is changed."""


@dataclass(frozen=True)
class LevelRecord:
    """One value of one factor, and the run that has it.

    Attributes:
        variant: what is changed besides, ``BASE`` for nothing.
        factor: what is varied.
        value: as text.
        run: name of the run folder, below the study's.
    """

    variant: str
    factor: str
    value: str
    run: str


@dataclass(frozen=True)
class StudyRecord:
    """Content of ``study.json``.

    Attributes:
        study: name of the study's folder.
        benchmark: full name of the benchmark.
        max_degree: most neighbours that any architecture of its space has.
        base: the config that every value is put into.
        levels: by variant, the base first, factor and value.
        command: what was typed, empty where nothing was.
        format: of the folder.
    """

    study: str
    benchmark: str
    max_degree: int
    base: Mapping[str, Any]
    levels: tuple[LevelRecord, ...]
    command: str = ""
    format: int = field(default=FORMAT)


def is_study(folder: Path) -> bool:
    """Whether a folder is that of a study rather than of a run."""
    return (folder / STUDY).is_file()


def write_study(folder: Path, study: StudyRecord) -> None:
    """Write the description of a study's folder, atomically."""
    write_json(folder / STUDY, study)


def open_study(folder: Path) -> StudyRecord:
    """The description of a study's folder.

    Raises:
        MissingFileError: there is none.
        UserError: it is broken, or of another format.
    """
    return read_described(folder / STUDY, StudyRecord, "folder of a study")
