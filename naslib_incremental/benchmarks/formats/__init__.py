"""Readers of foreign files: nothing that a file names is ever run.

A reader knows a format and no benchmark. What is wrong with a file it says as a ForeignFileError;
the family of benchmarks that asked for the file adds what it expected and what helps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from naslib_incremental.foundation.errors import UserError

LONGEST_REASON = 300
BEGINNING = 4096


class ForeignFileError(ValueError):
    """A file is damaged, or another thing than its reader reads; the message says what."""


def first_bytes(path: Path) -> bytes:
    """What a file begins with, to recognise its format; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(BEGINNING)
    except OSError:
        return b""


@contextmanager
def explained(path: Path | str, expected: str, next: str) -> Iterator[None]:  # noqa: A002
    """Turns a ForeignFileError about a file into a UserError of one line.

    Args:
        path: the file, for the message.
        expected: what the file should have been.
        next: what helps.
    """
    try:
        yield
    except ForeignFileError as error:
        reason = " ".join(str(error).split())[:LONGEST_REASON]
        raise UserError(expected, f"{path}: {reason}", next) from error
