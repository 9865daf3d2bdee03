"""Typed JSON files of a run folder: dataclasses to text and back, strictly."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np

from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import write_text

FORMAT = 2
"""Of everything in a run folder; raised with any change that older versions cannot read."""

Record = TypeVar("Record")


class DamagedRecordError(Exception):
    """A file of a run folder cannot be used: broken, or belonging elsewhere; says why."""


@dataclasses.dataclass(frozen=True)
class _Header:
    format: int


def write_json(path: Path, record: Any) -> None:
    """Write a dataclass as JSON, atomically; numbers that are none become null."""
    text = msgspec.json.format(msgspec.json.encode(record, enc_hook=_plain), indent=1)
    write_text(path, text.decode() + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be kept in a run folder: {value!r}")


def read_json(path: Path, kind: type[Record]) -> Record:
    """A dataclass that ``write_json`` wrote, every field of its type.

    Raises:
        DamagedRecordError: the file is missing, broken, or another record's.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise DamagedRecordError(f"cannot be read ({error.strerror or error})") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedRecordError(f"broken ({error})") from error


def read_described(path: Path, kind: type[Record], what: str) -> Record:
    """The file that describes a folder; it has a field ``format``.

    Args:
        path: of the file.
        kind: dataclass of its content.
        what: the folder, for messages, e.g. ``"run folder"``.

    Raises:
        MissingFileError: there is no such file.
        UserError: it is broken, or of another format.
    """
    if not path.is_file():
        got = f"{path.parent} without one" if path.parent.is_dir() else f"no folder {path.parent}"
        raise MissingFileError(f"a {what}, with a {path.name}", got, "name another folder")
    try:
        found = read_json(path, _Header).format
        if found != FORMAT:
            older = "older" if found < FORMAT else "newer"
            raise UserError(
                f"a {what} of format {FORMAT}",
                f"the {older} format {found} in {path}",
                f"read it with the version of naslib-incremental that wrote it"
                f"{', or make it again' if found < FORMAT else ''}",
            )
        return read_json(path, kind)
    except DamagedRecordError as error:
        raise UserError(
            f"a sound {path.name}", f"{path}, {error}", "make it again, or name another folder"
        ) from error
