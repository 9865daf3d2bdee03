"""Optimizers by name, built-in and plug-in alike, and their options by name."""

from __future__ import annotations

from collections.abc import Mapping
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


def configure(
    name: str, options: Mapping[str, Any], space: SearchSpace, settings: EpisodeSettings
) -> Any:
    """The config of the optimizer of that name with some of its options changed.

    Raises:
        UserError: the optimizer or an option is unknown, or a value is out of range.
    """
    kind = load_optimizer(name)
    try:
        return kind.configure(options, space, settings)
    except UserError:
        raise
    except ValueError as error:
        given = ", ".join(f"{option}={value}" for option, value in options.items())
        expected = f"valid options of {name} ({error})"
        raise UserError(expected, given or "the defaults", "change them") from error


def make_optimizer(
    name: str, space: SearchSpace, settings: EpisodeSettings, config: Any = None
) -> Optimizer:
    """The optimizer of that name with a config that ``configure`` made; None for the defaults.

    Raises:
        UserError: the optimizer is unknown, or needs what is not installed.
    """
    return load_optimizer(name)(space, settings, config)
