"""Names of optimizers, built-in and plug-in alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry
from naslib_incremental.optimizers.contract import EpisodeSettings, Optimizer
from naslib_incremental.search_spaces_ext.contract import SearchSpace

OPTIMIZERS = Registry("naslib_incremental.optimizers", "optimizer")


def load_optimizer(name: str) -> type[Optimizer]:
    """The optimizer class registered under ``name``.

    Raises:
        UserError: there is none of that name, or what is registered is no optimizer of that name.
    """
    found = OPTIMIZERS.load(name)
    if not (isinstance(found, type) and issubclass(found, Optimizer)):
        raise UserError(
            f"a subclass of naslib_incremental.optimizers.Optimizer as {name!r}",
            repr(found),
            "mend the plug-in's entry point",
        )
    if found.name != name:
        raise UserError(
            f"an optimizer whose name is its entry point's, {name!r}",
            f"{found.__qualname__}.name = {found.name!r}",
            "give the plug-in's class and entry point one name",
        )
    return found


def make_optimizer(
    name: str, space: SearchSpace, settings: EpisodeSettings, options: Mapping[str, Any]
) -> Optimizer:
    """The optimizer of that name with some of its own options.

    Raises:
        UserError: an option is unknown or out of range.
    """
    kind = load_optimizer(name)
    known = {field.name for field in fields(kind.config_class)} if kind.config_class else set()
    for option in options:
        if option not in known:
            expected = f"an option of {name}: {', '.join(sorted(known)) or 'it has none'}"
            raise UserError(expected, option, f"naslib-run --optimizer {name} --help")
    try:
        return kind(space, settings, options)
    except UserError:
        raise
    except ValueError as error:
        given = ", ".join(f"{option}={value}" for option, value in options.items())
        raise UserError(
            f"valid options of {name} ({error})", given, f"naslib-run --optimizer {name} --help"
        ) from error
