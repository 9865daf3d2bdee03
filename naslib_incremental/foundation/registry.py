"""One registry per kind of plug-in, from entry points: a plug-in is found like a built-in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from naslib_incremental.foundation.errors import UserError


class Registry:
    """Names of one entry-point group, loaded only when asked for.

    Args:
        group: entry-point group, e.g. ``"naslib_incremental.optimizers"``.
        kind: what a person calls an entry, e.g. ``"optimizer"``.
        find: source of the entry points; tests pass their own.
    """

    def __init__(
        self,
        group: str,
        kind: str,
        find: Callable[[str], list[EntryPoint]] = lambda group: list(entry_points(group=group)),
    ) -> None:
        self.group = group
        self.kind = kind
        self._find = find

    @cached_property
    def entries(self) -> Mapping[str, EntryPoint]:
        """Entry points by name, sorted.

        Raises:
            UserError: two packages register the same name.
        """
        by_name: dict[str, set[EntryPoint]] = defaultdict(set)
        for entry in self._find(self.group):
            by_name[entry.name].add(entry)
        for name, found in by_name.items():
            values = sorted({entry.value for entry in found})
            if len(values) > 1:
                raise UserError(
                    f"one {self.kind} named {name!r} in the entry points {self.group!r}",
                    " and ".join(values),
                    "uninstall or rename one of them",
                )
        return {name: next(iter(found)) for name, found in sorted(by_name.items())}

    def names(self) -> list[str]:
        """All registered names, sorted."""
        return list(self.entries)

    def load(self, name: str) -> Any:
        """The object registered under ``name``.

        Raises:
            UserError: nothing is registered under that name, or it fails to import.
        """
        if name not in self.entries:
            raise UserError(
                f"one of the {self.kind}s {', '.join(self.names())}",
                repr(name),
                "give one of these",
                setting=self.kind.replace(" ", "_"),
            )
        try:
            return self.entries[name].load()
        except (ImportError, AttributeError) as error:
            raise UserError(
                f"the {self.kind} {name!r} to import from {self.entries[name].value!r}",
                str(error),
                "pip install the missing module, or uninstall the plug-in",
            ) from error
