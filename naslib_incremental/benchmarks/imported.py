"""What was imported from foreign files: arrays in the cache, named by what they were made from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from naslib_incremental.foundation.array_cache import cached_keys, open_or_build
from naslib_incremental.foundation.errors import MissingFileError
from naslib_incremental.foundation.storage import file_sha256

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Imported:
    """Arrays in the cache that were made from a file, or from several.

    Attributes:
        benchmark: registry name of the benchmark that they belong to.
        kind: what they are, and the version of their layout, e.g. ``"ensemble-v1"``.
        sha256: of what they were made from.
        name: of the file that they were made from, empty where there are several.
    """

    benchmark: str
    kind: str
    sha256: str
    name: str = ""

    @classmethod
    def of_file(cls, benchmark: str, kind: str, path: Path) -> Imported:
        """What a file is imported to, whether it was or not.

        Raises:
            MissingFileError: the file cannot be read.
        """
        try:
            sha256 = file_sha256(path)
        except OSError as error:
            raise MissingFileError(
                "a readable file", f"{path} ({error.strerror})", "give the path of one", benchmark
            ) from error
        return cls(benchmark, kind, sha256, re.sub(r"[^A-Za-z0-9._-]", "_", path.name))

    @classmethod
    def at_hand(cls, benchmark: str, kind: str) -> list[Imported]:
        """All of a kind that were imported."""
        pattern = re.compile(rf"{re.escape(kind)}-([0-9a-f]{{64}})(?:-(.+))?")
        matches = [pattern.fullmatch(key) for key in cached_keys(_folder(benchmark))]
        return [cls(benchmark, kind, match[1], match[2] or "") for match in matches if match]

    @property
    def title(self) -> str:
        """One phrase for a person."""
        return f"{self.kind} of {self.benchmark}" + (f" from {self.name}" if self.name else "")

    def build(self, read: Callable[[], Arrays]) -> Imported:
        """Read the arrays into the cache, or find that they are there; returns this."""
        open_or_build(_folder(self.benchmark), self._key, read)
        return self

    def open(self) -> Arrays:
        """The arrays, memory-mapped, after a check for damage.

        Raises:
            MissingFileError: they are damaged.
        """
        return open_or_build(_folder(self.benchmark), self._key, self._damaged)

    @property
    def _key(self) -> str:
        return "-".join(filter(None, (self.kind, self.sha256, self.name)))

    def _damaged(self) -> Arrays:
        raise MissingFileError(
            f"an undamaged {self.title} in the cache",
            "a damaged one",
            f"import {self.name or 'its files'} again",
            self.benchmark,
        )


def _folder(benchmark: str) -> str:
    return f"imported/{benchmark}"
