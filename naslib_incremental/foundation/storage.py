"""Folders and files: where caches and data lie, and writing that leaves nothing half-written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import platformdirs

DATA_VARIABLE = "NASLIB_INCREMENTAL_DATA"
CACHE_VARIABLE = "NASLIB_INCREMENTAL_CACHE"


def cache_folder() -> Path:
    """Where compiled arrays are kept: ``$NASLIB_INCREMENTAL_CACHE`` or the user's cache."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("naslib-incremental"))


def data_folders() -> list[Path]:
    """Where benchmark files are looked for: ``$NASLIB_INCREMENTAL_DATA``, then the user's data."""
    listed = os.environ.get(DATA_VARIABLE, "").split(os.pathsep)
    return [Path(part) for part in listed if part] + [
        Path(platformdirs.user_data_dir("naslib-incremental"))
    ]


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """A temporary sibling of ``target`` that takes its place when the block ends well.

    A reader sees the old file or the new one, never a part; after an error nothing stays.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile: its files are for the owner alone, and reports are there to be shown.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    temporary.touch(exist_ok=False)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write ``text`` to ``target`` atomically, as UTF-8."""
    with atomic_path(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
