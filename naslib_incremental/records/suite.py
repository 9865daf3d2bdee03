"""The folder of a suite: the same optimizers on several benchmarks, one run each beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from naslib_incremental.records.files import FORMAT, read_described, write_json

SUITE = "suite.json"


@dataclass(frozen=True)
class MemberRecord:
    """A run of a suite.

    Attributes:
        benchmark: full name.
        run: name of the run folder, which lies beside the suite's, so that suites share runs.
    """

    benchmark: str
    run: str


@dataclass(frozen=True)
class SuiteRecord:
    """Content of ``suite.json``.

    Attributes:
        suite: name of the suite's folder.
        members: in the order in which they were named.
        command: what was typed, empty where nothing was.
        format: of the folder.
    """

    suite: str
    members: tuple[MemberRecord, ...]
    command: str = ""
    format: int = field(default=FORMAT)


def is_suite(folder: Path) -> bool:
    """Whether a folder is that of a suite rather than of a run."""
    return (folder / SUITE).is_file()


def write_suite(folder: Path, suite: SuiteRecord) -> None:
    """Write the description of a suite's folder, atomically."""
    write_json(folder / SUITE, suite)


def open_suite(folder: Path) -> SuiteRecord:
    """The description of a suite's folder.

    Raises:
        MissingFileError: there is none.
        UserError: it is broken, or of another format.
    """
    return read_described(folder / SUITE, SuiteRecord, "folder of a suite")
