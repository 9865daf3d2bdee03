"""The models of NAS-Bench-301: where their files lie, and what was imported from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from naslib_incremental.foundation.array_cache import cached_keys, open_or_build
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import data_folders

FOLDER = "nasbench301"
CACHE_KIND = "nasbench301_models"


@dataclass(frozen=True)
class ImportedModel:
    """A model in the cache.

    Attributes:
        kind: ``"yahpo"``, ``"ensemble"`` or ``"runtime"``, with the version of its arrays.
        sha256: of what it was made from.
    """

    kind: str
    sha256: str

    @property
    def key(self) -> str:
        """Name of the cache's entry."""
        return f"{self.kind}-{self.sha256}"

    def open(self) -> dict[str, NDArray[Any]]:
        """The arrays, memory-mapped.

        Raises:
            UserError: the cache's entry is damaged.
        """
        return open_or_build(CACHE_KIND, self.key, self._damaged)

    def _damaged(self) -> dict[str, NDArray[Any]]:
        raise UserError(
            f"an undamaged import of {self.kind} in the cache",
            "a damaged one",
            "naslib-data import it again",
        )


def imported_models(kind: str) -> list[ImportedModel]:
    """The models of a kind that were imported."""
    matches = [
        re.fullmatch(rf"{re.escape(kind)}-([0-9a-f]{{64}})", key) for key in cached_keys(CACHE_KIND)
    ]
    return [ImportedModel(kind, match[1]) for match in matches if match]


def import_model(
    kind: str, sha256: str, read: Callable[[], dict[str, NDArray[Any]]]
) -> ImportedModel:
    """Read a model into the cache, or find that it was before."""
    model = ImportedModel(kind, sha256)
    open_or_build(CACHE_KIND, model.key, read)
    return model


def find_in_data_folders(name: str) -> Path | None:
    """A file or folder of that name in the data folders or their ``nasbench301``."""
    for folder in data_folders():
        for place in (folder / FOLDER, folder):
            if (place / name).exists():
                return place / name
    return None
